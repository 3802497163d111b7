"""The direct kernels go by addresses: what they read and write, and what they make of NaN."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import config
from minicnn.backend.numba import conv
from minicnn.backend.numba.conv import direct
from minicnn.backend.numba.conv.direct import few_channels, few_channels_gradient
from minicnn.backend.numpy import fused_layers as exact
from tests.backend.checks import guarded

GUARD = 64
ONE, NONE = (1, 1), ((0, 0), (0, 0))
# Algorithm, input, kernel, strides, padding, dilation, pooled.
CASES = {
    "direct": (direct, (3, 9, 7, 24), (3, 3, 24, 40), ONE, ((1, 1), (1, 1)), ONE, False),
    "unpadded": (direct, (3, 5, 7, 8), (2, 3, 8, 8), ONE, NONE, ONE, True),
    "strides": (direct, (2, 9, 8, 5), (3, 2, 5, 16), (2, 3), ((0, 2), (1, 0)), ONE, False),
    "phases": (direct, (2, 9, 8, 24), (3, 2, 24, 40), (2, 3), ((0, 2), (1, 0)), ONE, False),
    "phases of runs": (direct, (2, 11, 12, 8), (5, 4, 8, 8), (2, 2), ((2, 1), (1, 2)), ONE, True),
    "empty phases": (direct, (3, 7, 8, 8), (1, 1, 8, 24), (2, 3), NONE, ONE, False),
    "strides, dilation": (direct, (2, 9, 9, 8), (2, 3, 8, 16), (2, 4), NONE, (3, 2), False),
    "wide padding": (direct, (2, 5, 6, 8), (2, 3, 8, 8), (1, 2), ((3, 4), (5, 2)), ONE, False),
    "dilation": (direct, (2, 9, 8, 16), (3, 2, 16, 8), ONE, ((2, 0), (1, 1)), (2, 3), True),
    "one position": (direct, (2, 5, 5, 8), (5, 5, 8, 8), ONE, NONE, ONE, False),
    "first layer": (few_channels, (3, 9, 10, 1), (3, 3, 1, 24), ONE, NONE, ONE, True),
    "first, no pool": (
        few_channels,
        (3, 9, 10, 1),
        (3, 3, 1, 24),
        (1, 2),
        ((1, 1), (2, 0)),
        ONE,
        False,
    ),
    "first, padded": (few_channels, (2, 8, 7, 3), (5, 5, 3, 7), ONE, ((2, 2), (2, 2)), ONE, True),
    "first, strides": (few_channels, (2, 9, 9, 2), (4, 1, 2, 8), (3, 2), NONE, ONE, False),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def random_arrays(x_shape, kernel_shape, rng):
    shapes = x_shape, kernel_shape, kernel_shape[-1:]
    return [rng.standard_normal(shape).astype("float32") for shape in shapes]


def everything(algorithm, x, kernel, bias, strides, padding, dilation, pooled, seed=1):
    """What the block gives, and its gradients."""
    where = strides, padding, dilation
    y, argmax = algorithm.conv_layer(x, kernel, bias, *where, "relu", pooled)
    cotangent = guarded(np.random.default_rng(seed).standard_normal(y.shape).astype("float32"))
    arrays = cotangent, x, kernel, guarded(y), argmax
    return y, *algorithm.conv_layer_gradients(*arrays, *where, "relu")


@pytest.mark.without_jit
def test_nothing_outside_the_arrays_is_read(case, rng):
    algorithm, x_shape, kernel_shape, *where = case
    arrays = random_arrays(x_shape, kernel_shape, rng)
    expected = everything(algorithm, *arrays, *where)
    found = everything(algorithm, *map(guarded, arrays), *where)
    for one, other in zip(found, expected, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)


class GuardedNumPy:
    """NumPy, but arrays that it makes have a guard around them, which `check` looks at."""

    def __init__(self):
        self.made = []

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, shape, dtype=float):
        size, dtype = int(np.prod(shape)), np.dtype(dtype)
        wide = np.full((size + 2 * GUARD) * dtype.itemsize, 0xA5, np.uint8)
        self.made.append((wide, GUARD * dtype.itemsize))
        return wide.view(dtype)[GUARD : GUARD + size].reshape(shape)

    def zeros(self, shape, dtype=float):
        array = self.empty(shape, dtype)
        array[...] = 0
        return array

    def check(self):
        assert self.made
        for wide, guard in self.made:
            assert (wide[:guard] == 0xA5).all() and (wide[-guard:] == 0xA5).all()


def test_nothing_outside_the_results_is_written(case, rng, monkeypatch):
    algorithm, x_shape, kernel_shape, *where = case
    arrays = random_arrays(x_shape, kernel_shape, rng)
    expected = everything(algorithm, *arrays, *where)  # and compiles, which needs the real NumPy
    numpy = GuardedNumPy()
    for module in (direct, few_channels, few_channels_gradient):
        monkeypatch.setattr(module, "np", numpy)
    found = everything(algorithm, *arrays, *where)
    numpy.check()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinities_go_where_the_definition_says(case, value, rng):
    algorithm, x_shape, kernel_shape, *where, pooled = case
    x, kernel, bias = random_arrays(x_shape, kernel_shape, rng)
    x[-1, x_shape[1] // 2, x_shape[2] // 2, 0] = value
    y, argmax = algorithm.conv_layer(x, kernel, bias, *where, "relu", pooled)
    wide = [a.astype("float64") for a in (x, kernel, bias)]
    expected, expected_argmax = exact.conv_layer(*wide, *where, 1, "relu", pooled)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    if pooled:
        np.testing.assert_array_equal(argmax, expected_argmax)


def test_the_number_of_threads_changes_no_bit(case, rng):
    algorithm, x_shape, kernel_shape, *where = case
    arrays = random_arrays((97, *x_shape[1:]), kernel_shape, rng)
    before = config.threads()
    results = []
    for count in (1, 2, 3):
        config.set_threads(count)
        results.append(everything(algorithm, *arrays, *where))
    config.set_threads(before)
    for other in results[1:]:
        for one, same in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_no_images(case, rng):
    algorithm, x_shape, kernel_shape, *where = case
    arrays = random_arrays((0, *x_shape[1:]), kernel_shape, rng)
    y, of_x, of_kernel, of_bias = everything(algorithm, *arrays, *where)
    assert len(y) == len(of_x) == 0
    assert not of_kernel.any() and not of_bias.any()


def test_read_only_arrays_need_no_other_machine_code(rng):
    arrays = random_arrays((2, 9, 9, 1), (3, 3, 1, 8), rng)
    where = ONE, NONE, ONE, 1, "relu"
    counts = []
    for writable in (True, False):
        for array in arrays:
            array.flags.writeable = writable
        y, argmax = conv.conv_layer(*arrays, *where, True)
        conv.conv_layer_gradients(y, *arrays[:2], y, argmax, *where)
        kernels = few_channels._convolve, few_channels_gradient._add_images
        counts.append([len(kernel.signatures) for kernel in kernels])
    assert counts[0] == counts[1]
