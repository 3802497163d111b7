"""Depthwise convolutions of all geometries, against the definition in float64."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minicnn import config
from minicnn.backend.numba.conv import depthwise, depthwise_vectors
from minicnn.backend.numpy import conv as definition
from minicnn.common.sliding_windows import output_size

PADDINGS = {
    "none": ((0, 0), (0, 0)),
    "same": ((1, 1), (1, 1)),
    "uneven": ((0, 1), (2, 0)),
    "wide": ((3, 2), (0, 4)),
}
STEPS = [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((3, 1), (1, 2)), ((1, 1), (2, 3)), ((2, 2), (2, 1))]
SIZES = [(3, 3), (2, 5), (1, 1)]


@pytest.fixture(autouse=True)
def _restore():
    yield
    config.set_threads(None)


def arrays(channels, multiplier, size, strides, padding, dilation, images=2):
    random = np.random.default_rng((channels, multiplier, *size, *strides, *dilation))
    x = random.standard_normal((images, 8, 13, channels)).astype("float32")
    kernel = random.standard_normal((*size, 1, channels * multiplier)).astype("float32")
    lengths = output_size(x.shape[1:3], size, strides, padding, dilation)
    shape = (images, *lengths, channels * multiplier)
    return x, kernel, random.standard_normal(shape).astype("float32")


def close(found, expected):
    assert found.shape == expected.shape
    largest = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.sqrt(1 + largest))


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("steps", STEPS, ids=str)
@pytest.mark.parametrize("channels", [5, 8, 9, 24])
def test_every_geometry(channels, steps, padding):
    strides, dilation = steps
    where = strides, PADDINGS[padding], dilation
    for size, multiplier in itertools.product(SIZES, (1, 2)):
        x, kernel, cotangent = arrays(channels, multiplier, size, *where)
        bias = np.arange(channels * multiplier, dtype="float32")
        wide = [a.astype("float64") for a in (x, kernel, cotangent)]
        y, _ = depthwise.conv_layer(x, kernel, bias, *where, "linear", False)
        close(y, definition.conv(wide[0], wide[1], *where, channels) + bias)
        found = depthwise.conv_input_gradient(cotangent, kernel, x.shape, *where)
        close(found, definition.conv_input_gradient(*wide[:0:-1], x.shape, *where, channels))
        found = depthwise.conv_kernel_gradient(x, cotangent, size, *where)
        close(found, definition.conv_kernel_gradient(wide[0], wide[2], size, *where, channels))


def test_which_inputs_are_computed_by_vectors():
    x = np.zeros((1, 4, 4, 8), "float32")
    assert depthwise_vectors.fits(x, (2, 1), (1, 2))
    assert not depthwise_vectors.fits(x[..., :7], (1, 1), (1, 1))
    assert not depthwise_vectors.fits(x.astype("float64"), (1, 1), (1, 1))
    assert not depthwise_vectors.fits(x, (2, 1), (2, 1))


def test_an_empty_batch_and_one_without_positions():
    where = (1, 1), ((0, 0), (0, 0)), (1, 1)
    for images, size in ((0, (3, 3)), (2, (8, 13))):
        x, kernel, cotangent = arrays(9, 1, size, *where, images=images)
        y, _ = depthwise.conv_layer(x, kernel, None, *where, "linear", False)
        assert y.shape == cotangent.shape
        close(y, definition.conv(x, kernel, *where, 9))
        found = depthwise.conv_kernel_gradient(x, cotangent, size, *where)
        close(found, definition.conv_kernel_gradient(x, cotangent, size, *where, 9))
        found = depthwise.conv_input_gradient(cotangent, kernel, x.shape, *where)
        close(found, definition.conv_input_gradient(cotangent, kernel, x.shape, *where, 9))


def test_the_same_bits_for_any_number_of_threads():
    where = (2, 2), ((0, 1), (0, 1)), (1, 1)
    x, kernel, cotangent = arrays(20, 1, (3, 3), *where, images=70)
    results = []
    for threads in (1, 2, 3):
        config.set_threads(threads)
        y, _ = depthwise.conv_layer(x, kernel, None, *where, "relu", False)
        gradients = depthwise.conv_layer_gradients(
            cotangent, x, kernel, y, None, *where, "relu", True, True
        )
        results.append([a.tobytes() for a in (y, *gradients)])
    assert results[0] == results[1] == results[2]
