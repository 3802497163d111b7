"""Numba's normalization against the definition in float64, and its errors against their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import normalization as fast
from minicnn.backend.numpy import fused_layers as exact
from minicnn.backend.numpy import normalization as exact_normalization
from tests.backend.checks import strided

EPSILON = 1e-3
shapes = st.one_of(
    st.tuples(st.integers(1, 70), st.integers(1, 37)),
    st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 25)),
)
activations = st.sampled_from(("linear", "relu", "relu6"))


def wide(*arrays):
    return [array.astype("float64") for array in arrays]


def reach(activation):
    """A factor for results, so that some are above the activation's upper bound."""
    return np.float32(6 if activation == "relu6" else 1)


def close(found, expected, size, steps=40):
    """An error of some roundings of numbers of that size. Sums are of 32 rows, then in float64."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    error = np.abs(found - expected)
    assert (error <= steps * np.finfo(np.float32).eps * size + 1e-30).all()


@given(shapes, activations, st.sampled_from((0.0, 3.0, 1000.0)), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_batch_norm_layer(shape, activation, centre, seed):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(shape) + centre).astype("float32")
    gamma, beta = reach(activation) * rng.standard_normal((2, shape[-1])).astype("float32")
    y, mean, variance = fast.batch_norm_layer(strided(x), gamma, beta, EPSILON, activation)
    settings = EPSILON, activation
    exact_y, exact_mean, exact_variance = exact.batch_norm_layer(*wide(x, gamma, beta), *settings)
    largest = abs(x).max()
    spread = np.sqrt(exact_variance + EPSILON)
    close(mean, exact_mean, largest)
    # A mean that is off by δ shifts all distances, and adds δ² to the variance.
    close(variance, exact_variance, exact_variance + largest**2 * np.finfo(np.float32).eps)
    distances = abs(x - exact_mean) / spread + largest / spread
    close(y, exact_y, abs(gamma) * distances + abs(beta))


@given(shapes, activations, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_batch_norm_layer_gradients(shape, activation, seed):
    rng = np.random.default_rng(seed)
    x, cotangent = rng.standard_normal((2, *shape)).astype("float32")
    gamma, beta = reach(activation) * rng.standard_normal((2, shape[-1])).astype("float32")
    y, mean, variance = exact.batch_norm_layer(x, gamma, beta, EPSILON, activation)
    found = fast.batch_norm_layer_gradients(
        strided(cotangent), x, strided(y), gamma, mean, variance, EPSILON, activation
    )
    arrays = wide(cotangent, x, y, gamma, mean, variance)
    expected = exact.batch_norm_layer_gradients(*arrays, EPSILON, activation)
    inverse = 1 / np.sqrt(arrays[-1] + EPSILON)
    normalized = abs(arrays[1] - arrays[4]) * inverse
    axes = tuple(range(len(shape) - 1))
    sizes = (abs(cotangent) * normalized).sum(axes), abs(arrays[0]).sum(axes)
    means = [size / (x.size // shape[-1]) for size in sizes]
    close(
        found[0],
        expected[0],
        abs(gamma) * inverse * (abs(cotangent) + normalized * means[0] + means[1]),
    )
    close(found[1], expected[1], sizes[0])
    close(found[2], expected[2], sizes[1])


@given(shapes, activations, st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_scale_and_shift(shape, activation, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype("float32")
    scale, offset = rng.standard_normal((2, shape[-1])).astype("float32")
    found = fast.scale_and_shift(strided(x), scale, offset, activation)
    expected = exact.scale_and_shift(*wide(x, scale, offset), activation)
    close(found, expected, abs(x * scale) + abs(offset), steps=2)


def test_a_mean_far_from_zero_does_not_cancel(rng):
    """Σ x² / n − μ² would have lost all digits here."""
    x = (1e4 + rng.standard_normal((50, 20, 20, 16))).astype("float32")
    mean, variance = fast.moments(x, (0, 1, 2))
    expected = exact_normalization.moments(x.astype("float64"), (0, 1, 2))
    np.testing.assert_allclose(mean, expected[0], rtol=1e-6)
    np.testing.assert_allclose(variance, expected[1], rtol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_channel(value, rng):
    x = rng.standard_normal((40, 10)).astype("float32")
    x[7, 3] = value
    one = np.ones(10, "float32")
    y, mean, variance = fast.batch_norm_layer(x, one, one, EPSILON, "relu")
    bad = np.arange(10) == 3
    np.testing.assert_array_equal(np.isfinite(mean), ~bad)
    np.testing.assert_array_equal(np.isnan(variance), bad)
    np.testing.assert_array_equal(np.isnan(y).all(0), bad)
    np.testing.assert_array_equal(np.isnan(y).any(0), bad)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 3, 16)])
def test_other_types_are_the_definitions(shape, dtype, rng):
    x, g = rng.standard_normal((2, *shape)).astype(dtype)
    gamma, beta = rng.standard_normal((2, shape[-1])).astype(dtype)
    results = [m.batch_norm_layer(x, gamma, beta, EPSILON, "relu") for m in (fast, exact)]
    y, mean, variance = results[0]
    arrays = (g, x, y, gamma, mean, variance)
    for m, result in zip((fast, exact), results, strict=True):
        result += m.batch_norm_layer_gradients(*arrays, EPSILON, "relu")
    for found, expected in zip(*map(list, results), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_empty_batch():
    x, one = np.zeros((0, 4, 4, 8), "float32"), np.ones(8, "float32")
    assert fast.scale_and_shift(x, one, one).shape == x.shape


def test_any_number_of_threads(rng, assert_same_on_any_threads):
    x, cotangent = rng.standard_normal((2, 31, 30, 29, 12)).astype("float32")
    gamma, beta = rng.standard_normal((2, 12)).astype("float32")

    def everything():
        y, mean, variance = fast.batch_norm_layer(x, gamma, beta, EPSILON, "relu")
        arrays = (cotangent, x, y, gamma, mean, variance)
        return y, mean, variance, *fast.batch_norm_layer_gradients(*arrays, EPSILON, "relu")

    assert_same_on_any_threads(everything)
