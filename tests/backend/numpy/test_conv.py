"""The definition of convolution against loops, exact derivatives and identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numpy.conv import (
    col2im,
    conv,
    conv_input_gradient,
    conv_kernel_gradient,
    im2col,
)
from tests.backend.checks import assert_adjoint, derivative_along, windows


def loop_convolution(x, kernel, strides, padding, dilation, groups):
    """Every product of the definition, one at a time."""
    batch, *spatial, _ = x.shape
    *size, channels, filters = kernel.shape
    positions = [
        (n + sum(p) - (k - 1) * d - 1) // s + 1
        for n, p, k, d, s in zip(spatial, padding, size, dilation, strides, strict=True)
    ]
    y = np.zeros((batch, *positions, filters))
    for image, filter_number in np.ndindex(batch, filters):
        group = filter_number // (filters // groups)
        for position in np.ndindex(*positions):
            for tap in np.ndindex(*size):
                where = tuple(
                    p * s + t * d - before
                    for p, s, t, d, (before, _) in zip(
                        position, strides, tap, dilation, padding, strict=True
                    )
                )
                if not all(0 <= w < n for w, n in zip(where, spatial, strict=True)):
                    continue
                for channel in range(channels):
                    value = x[(image, *where, group * channels + channel)]
                    weight = kernel[(*tap, channel, filter_number)]
                    y[(image, *position, filter_number)] += value * weight
    return y


@st.composite
def convolutions(draw, dimensions=(1, 2)):
    window = draw(windows(dimensions))
    channels = window.input_shape[-1]
    groups = draw(st.sampled_from([g for g in (1, 2, channels) if channels % g == 0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.standard_normal(window.input_shape)
    filters = groups * draw(st.integers(1, 3))
    kernel = rng.standard_normal((*window.size, channels // groups, filters))
    return x, kernel, (*window.where, groups), rng


@given(convolutions())
@settings(max_examples=40, deadline=None)
def test_convolution_is_its_definition(case):
    x, kernel, where, _ = case
    np.testing.assert_allclose(conv(x, kernel, *where), loop_convolution(x, kernel, *where))


def test_three_dimensions(rng):
    x, kernel = rng.standard_normal((2, 4, 3, 5, 4)), rng.standard_normal((2, 3, 2, 2, 6))
    where = (1, 2, 1), ((0, 1), (1, 1), (0, 0)), (2, 1, 1), 2
    np.testing.assert_allclose(conv(x, kernel, *where), loop_convolution(x, kernel, *where))


@given(convolutions((1, 2, 3)))
@settings(max_examples=60, deadline=None)
def test_gradients_are_adjoint_and_exact(case):
    x, kernel, where, rng = case
    y = conv(x, kernel, *where)
    cotangent = rng.standard_normal(y.shape)
    by_input = conv_input_gradient(cotangent, kernel, x.shape, *where)
    by_kernel = conv_kernel_gradient(x, cotangent, kernel.shape[:-2], *where)
    assert by_input.shape == x.shape
    assert by_kernel.shape == kernel.shape
    # In each argument convolution is linear, so one identity covers every direction.
    assert_adjoint(y, cotangent, x, by_input)
    assert_adjoint(y, cotangent, kernel, by_kernel)
    direction = rng.standard_normal(x.shape)
    along = derivative_along(lambda z: conv(z, kernel, *where), x, direction)
    assert_adjoint(along, cotangent, direction, by_input)


@given(windows((1, 2, 3)), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_col2im_is_the_adjoint_of_im2col(window, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(window.input_shape)
    columns = im2col(x, window.size, *window.where)
    other = rng.standard_normal(columns.shape)
    assert_adjoint(columns, other, x, col2im(other, x.shape, window.size, *window.where))


def test_im2col_reads_the_patch_under_each_position(rng):
    x = rng.standard_normal((1, 5, 6, 2))
    columns = im2col(x, (3, 2), (2, 1), ((1, 0), (0, 0)), (1, 2))
    assert columns.shape == (1, 2, 4, 3, 2, 2)
    np.testing.assert_array_equal(columns[0, 1, 3], x[0, 1:4, 3:6:2])
    np.testing.assert_array_equal(columns[0, 0, 0, 0], np.zeros((2, 2)))


def test_depthwise_is_one_convolution_a_channel(rng):
    x, kernel = rng.standard_normal((2, 5, 5, 3)), rng.standard_normal((2, 2, 1, 6))
    where = (1, 1), ((0, 0), (0, 0)), (1, 1)
    y = conv(x, kernel, *where, groups=3)
    for channel in range(3):
        own = slice(2 * channel, 2 * channel + 2)
        one = conv(x[..., channel : channel + 1], kernel[..., own], *where)
        np.testing.assert_allclose(y[..., own], one)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
def test_the_type_is_kept(dtype, rng):
    x, kernel = (rng.standard_normal(s).astype(dtype) for s in ((1, 4, 4, 2), (2, 2, 2, 3)))
    where = (1, 1), ((0, 0), (0, 0)), (1, 1)
    y = conv(x, kernel, *where)
    assert y.dtype == dtype
    assert conv_input_gradient(y, kernel, x.shape, *where).dtype == dtype
    assert conv_kernel_gradient(x, y, (2, 2), *where).dtype == dtype


def test_zero_cotangent_gives_zero_gradients(rng):
    x, kernel = rng.standard_normal((1, 4, 4, 2)), rng.standard_normal((2, 2, 2, 3))
    where = (1, 1), ((0, 0), (0, 0)), (1, 1)
    zero = np.zeros((1, 3, 3, 3))
    assert not conv_input_gradient(zero, kernel, x.shape, *where).any()
    assert not conv_kernel_gradient(x, zero, (2, 2), *where).any()


def test_inputs_are_not_changed(rng):
    x, kernel = rng.standard_normal((1, 4, 4, 2)), rng.standard_normal((2, 2, 2, 3))
    before = x.copy(), kernel.copy()
    where = (1, 1), ((1, 1), (0, 0)), (1, 1)
    y = conv(x, kernel, *where)
    conv_input_gradient(y, kernel, x.shape, *where)
    conv_kernel_gradient(x, y, (2, 2), *where)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(kernel, before[1])
