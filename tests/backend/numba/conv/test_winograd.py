"""Winograd convolution against the definition in float64, with bounds norm-wise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minicnn.backend.numba.conv import winograd
from minicnn.backend.numpy import fused_layers

BOUNDS = {winograd.four: 1e-5, winograd.two: 2e-6}
VALID, SAME = ((0, 0), (0, 0)), ((1, 1), (1, 1))
algorithms = pytest.mark.parametrize("algorithm", BOUNDS, ids=["four", "two"])


class Case(NamedTuple):
    """A convolution of 3 by 3."""

    shape: tuple[int, ...]
    filters: int
    padding: tuple[tuple[int, int], ...] = VALID
    activation: str = "relu"
    pooled: bool = False
    bias: bool = True

    @property
    def where(self):
        return (1, 1), self.padding, (1, 1)


class Arrays(NamedTuple):
    x: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray | None


@st.composite
def cases(draw):
    """Images smaller than a tile and larger than several, with any counts of channels."""
    sides = st.integers(0, 2)
    padding = ((draw(sides), draw(sides)), (draw(sides), draw(sides)))
    size = [draw(st.integers(max(1, 3 - sum(pair)), 15)) for pair in padding]
    counts = st.sampled_from((1, 3, 8, 16, 17, 24))
    return Case(
        (draw(st.integers(0, 3)), *size, draw(counts)),
        draw(counts),
        padding,
        draw(st.sampled_from(("linear", "relu"))),
        draw(st.booleans()),
        draw(st.booleans()),
    )


def random_arrays(case, seed=0):
    rng = np.random.default_rng(seed)
    return Arrays(
        rng.standard_normal(case.shape).astype("float32"),
        rng.standard_normal((3, 3, case.shape[-1], case.filters)).astype("float32"),
        rng.standard_normal(case.filters).astype("float32") if case.bias else None,
    )


def wide(array):
    return None if array is None else array.astype("float64")


def size_of(array):
    return None if array is None else abs(wide(array))


def assert_near(found, expected, magnitude, bound):
    """Norm-wise; the sums over absolute values allow for what cancels in few numbers."""
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    rounding = 8 * np.finfo(np.float32).eps * np.linalg.norm(magnitude)
    assert np.linalg.norm(found - expected) <= bound * np.linalg.norm(expected) + rounding


@settings(max_examples=50, deadline=None)
@given(case=cases(), seed=st.integers(0, 2**32))
@example(case=Case((5, 13, 14, 32), 48, VALID, pooled=True), seed=0)
@example(case=Case((3, 26, 25, 8), 16, SAME), seed=1)
@example(case=Case((2, 3, 3, 16), 16, VALID, pooled=True), seed=2)
@algorithms
def test_values_and_gradients(algorithm, case, seed):
    arrays, bound = random_arrays(case, seed), BOUNDS[algorithm]
    y, argmax = algorithm.conv_layer(*arrays, *case.where, case.activation, case.pooled)
    how = (*case.where, 1, case.activation)
    exact, _ = fused_layers.conv_layer(*map(wide, arrays), *how, case.pooled)
    magnitude, _ = fused_layers.conv_layer(*map(size_of, arrays), *how, case.pooled)
    assert_near(y, exact, magnitude, bound)
    if case.pooled:
        assert_argmax(argmax, arrays, case, y)

    cotangent = np.random.default_rng(seed + 1).standard_normal(y.shape).astype("float32")
    found = algorithm.conv_layer_gradients(
        cotangent, *arrays[:2], y, argmax, *case.where, case.activation
    )
    given_arrays = cotangent, *arrays[:2]
    exact = fused_layers.conv_layer_gradients(*map(wide, (*given_arrays, y)), argmax, *how)
    magnitude = fused_layers.conv_layer_gradients(
        *map(size_of, given_arrays), wide(y), argmax, *how
    )
    for one, other, size in zip(found, exact, magnitude, strict=True):
        assert_near(one, other, size, bound)


def assert_argmax(argmax, arrays, case, y):
    """Each window's result is, up to rounding, the element at its argmax."""
    full, _ = fused_layers.conv_layer(*map(wide, arrays), *case.where, 1, case.activation)
    assert argmax.dtype == np.uint8
    assert argmax.shape == y.shape
    height, width = y.shape[1:3]
    windows = full[:, : 2 * height, : 2 * width].reshape(len(y), height, 2, width, 2, case.filters)
    windows = windows.transpose(0, 1, 3, 5, 2, 4).reshape(*y.shape, 4)
    values = np.take_along_axis(windows, argmax[..., None].astype(int), -1)[..., 0]
    np.testing.assert_allclose(y, values, atol=1e-3)
    assert not argmax[y == 0].any() or case.activation == "linear"


@algorithms
def test_gradients_are_adjoint(algorithm):
    """⟨conv(x, k), c⟩ = ⟨x, x̄⟩ = ⟨k, k̄⟩ without bias and relu."""
    case = Case((3, 11, 9, 24), 40, SAME, "linear", False, False)
    x, kernel, _ = random_arrays(case)
    y, _ = algorithm.conv_layer(x, kernel, None, *case.where, "linear", False)
    cotangent = y + np.random.default_rng(5).standard_normal(y.shape).astype("float32")
    x_gradient, kernel_gradient, _ = algorithm.conv_layer_gradients(
        cotangent, x, kernel, y, None, *case.where, "linear"
    )
    whole = np.vdot(y, cotangent)
    allowed = 1e-6 * np.linalg.norm(y) * np.linalg.norm(cotangent)
    assert abs(whole - np.vdot(x, x_gradient)) <= allowed
    assert abs(whole - np.vdot(kernel, kernel_gradient)) <= allowed


def gradients(case, arrays, algorithm=winograd.four, **needed):
    y, argmax = algorithm.conv_layer(*arrays, *case.where, case.activation, case.pooled)
    cotangent = np.cos(np.arange(y.size, dtype="float32")).reshape(y.shape)
    return y, algorithm.conv_layer_gradients(
        cotangent, *arrays[:2], y, argmax, *case.where, case.activation, **needed
    )


def test_what_is_not_needed_is_not_computed():
    case = Case((4, 10, 10, 16), 32, SAME)
    arrays = random_arrays(case)
    _, everything = gradients(case, arrays)
    _, no_input = gradients(case, arrays, input_needed=False)
    _, no_kernel = gradients(case, arrays, kernel_needed=False)
    assert no_input[0] is None
    assert no_kernel[1] is None
    np.testing.assert_array_equal(no_input[1], everything[1])
    np.testing.assert_array_equal(no_input[2], everything[2])
    np.testing.assert_array_equal(no_kernel[0], everything[0])


@pytest.mark.parametrize("pooled", [False, True])
def test_the_number_of_threads_changes_nothing(pooled, assert_same_on_any_threads):
    case = Case((20, 13, 12, 16), 16, VALID, pooled=pooled)
    arrays = random_arrays(case)

    def everything():
        y, found = gradients(case, arrays)
        return y, *found

    assert_same_on_any_threads(everything)


@pytest.mark.parametrize("channels", [7, 8])
@pytest.mark.parametrize("pooled", [False, True])
def test_nothing_is_written_outside(channels, pooled, monkeypatch):
    """Every array that is made lies between guards."""
    made = []

    class Guarding:
        """NumPy with another `empty`."""

        def __getattr__(self, name):
            return getattr(np, name)

        def empty(self, shape, dtype):
            guard, length = 128 * np.dtype(dtype).itemsize, np.empty(shape, dtype).nbytes
            memory = np.full(length + 2 * guard, 0xA5, np.uint8)
            made.append((memory, guard))
            return memory[guard : guard + length].view(dtype).reshape(shape)

    case = Case((3, 13, 11, channels), channels, SAME, pooled=pooled)
    arrays = random_arrays(case)
    expected_y, expected = gradients(case, arrays)
    monkeypatch.setattr(winograd, "np", Guarding())
    y, found = gradients(case, arrays)
    monkeypatch.undo()
    assert made
    for memory, guard in made:
        assert (memory[:guard] == 0xA5).all()
        assert (memory[-guard:] == 0xA5).all()
    np.testing.assert_array_equal(y, expected_y)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nan_stays_in_its_tiles():
    case = Case((2, 14, 14, 8), 8, VALID, pooled=False)
    arrays = random_arrays(case)
    clean, _ = winograd.four.conv_layer(*arrays, *case.where, "relu", False)
    arrays.x[1, 7, 7, 3] = np.nan
    y, _ = winograd.four.conv_layer(*arrays, *case.where, "relu", False)
    pooled, _ = winograd.four.conv_layer(*arrays, *case.where, "relu", True)
    assert np.isnan(y[1, 5:8, 5:8]).all()
    assert np.isnan(pooled[1, 3, 3]).all()
    np.testing.assert_array_equal(y[0], clean[0])
    np.testing.assert_array_equal(y[1, 8:], clean[1, 8:])
    np.testing.assert_array_equal(y[1, :4], clean[1, :4])


def test_what_is_supported():
    supports = winograd.four.supports
    assert supports(3, 5, (3, 3), (1, 1), (1, 1), 1)
    assert not supports(3, 5, (3, 2), (1, 1), (1, 1), 1)
    assert not supports(3, 5, (3, 3), (2, 1), (1, 1), 1)
    assert not supports(3, 5, (3, 3), (1, 1), (1, 2), 1)
    assert not supports(4, 4, (3, 3), (1, 1), (1, 1), 2)
