"""Depthwise convolutions of all geometries, against the definition in float64."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minicnn import config
from minicnn.backend.numba.conv import depthwise, depthwise_3x3, depthwise_vectors
from minicnn.backend.numpy import conv as definition
from minicnn.backend.numpy import fused_layers as layer_definition
from minicnn.common.sliding_windows import output_size
from tests.backend.checks import guarded

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


@pytest.mark.parametrize("activation", ["linear", "relu", "relu6"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("width", range(1, 12))
def test_three_by_three_taps(width, stride, activation):
    """Rows of each remainder, padding on each side alone; nothing beside the arrays is read."""
    random = np.random.default_rng(width)
    ends = itertools.product((0, 1), repeat=2)
    for (channels, height), (before, after) in itertools.product(((8, 5), (19, 4)), ends):
        padding = (before, after), (after, before)
        if width + before + after < 3:
            continue
        where = (stride, stride), padding, (1, 1)
        x = guarded(random.standard_normal((3, height, width, channels)).astype("float32"))
        kernel, bias = random.standard_normal((3, 3, 1, channels)), random.standard_normal(channels)
        kernel, bias = guarded((4 * kernel).astype("float32")), guarded(bias.astype("float32"))
        y, _ = depthwise.conv_layer(x, kernel, bias, *where, activation, False)
        wide = x.astype("float64"), kernel.astype("float64"), bias.astype("float64")
        close(y, layer_definition.conv_layer(*wide, *where, channels, activation)[0])
        g = guarded(random.standard_normal(y.shape).astype("float32"))
        found = depthwise.conv_input_gradient(g, kernel, x.shape, *where)
        wide_g = g.astype("float64")
        close(found, definition.conv_input_gradient(wide_g, wide[1], x.shape, *where, channels))
        found = depthwise.conv_kernel_gradient(x, g, (3, 3), *where)
        close(found, definition.conv_kernel_gradient(wide[0], wide_g, (3, 3), *where, channels))


def test_which_inputs_are_computed_by_three_by_three_taps():
    x = np.zeros((1, 4, 4, 8), "float32")
    usual = {"kernel_size": (3, 3), "strides": (2, 2), "dilation": (1, 1), "size": (4, 4)}
    usual["padding"] = ((0, 1), (0, 1))

    def fits(x=x, **other):
        return depthwise_3x3.fits(x, **(usual | other))

    assert fits() and fits(padding=((5, 0), (1, 1)))
    assert not fits(x[..., :7]) and not fits(x.astype("float64"))
    assert not fits(kernel_size=(3, 2)) and not fits(strides=(2, 1)) and not fits(dilation=(1, 2))
    assert not fits(padding=((0, 0), (0, 2))) and not fits(size=(9, 3))


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
