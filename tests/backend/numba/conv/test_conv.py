"""Numba's convolutions against the definition in float64, with a bound on the rounding."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import config
from minicnn.backend.numba import conv as fast
from minicnn.backend.numba.conv import depthwise, direct, im2col, one_by_one, winograd
from minicnn.backend.numba.conv.direct import few_channels
from minicnn.backend.numpy import conv as exact
from tests.backend.checks import Window, assert_rounding_only, strided, windows


@pytest.fixture(autouse=True)
def _restore_the_choice():
    yield
    config.set_convolution_algorithm("auto")


@st.composite
def convolutions(draw, dimensions=(1, 2)):
    window = draw(windows(dimensions))
    channels = window.input_shape[-1]
    groups = draw(st.sampled_from([g for g in (1, 2, channels) if channels % g == 0]))
    filters = groups * draw(st.sampled_from((1, 2, 5)))
    kernel_shape = (*window.size, channels // groups, filters)
    dtype = draw(st.sampled_from(("float32", "float64")))
    return window, kernel_shape, groups, dtype, draw(st.integers(0, 2**32))


def check(window, kernel_shape, groups, dtype, seed, prepare=np.asarray):
    """Compare the three functions on random arrays."""
    rng = np.random.default_rng(seed)
    where = (*window.where, groups)
    x = rng.standard_normal(window.input_shape).astype(dtype)
    kernel = rng.standard_normal(kernel_shape).astype(dtype)
    wide_x, wide_kernel = x.astype("float64"), kernel.astype("float64")
    expected = exact.conv(wide_x, wide_kernel, *where)
    cotangent = rng.standard_normal(expected.shape).astype(dtype)
    wide_cotangent = cotangent.astype("float64")

    taps, positions = prod(window.size), prod(expected.shape[:-1])
    assert_rounding_only(
        fast.conv(prepare(x), prepare(kernel), *where),
        expected,
        exact.conv(abs(wide_x), abs(wide_kernel), *where),
        taps * kernel_shape[-2],
    )
    assert_rounding_only(
        fast.conv_kernel_gradient(prepare(x), prepare(cotangent), window.size, *where),
        exact.conv_kernel_gradient(wide_x, wide_cotangent, window.size, *where),
        exact.conv_kernel_gradient(abs(wide_x), abs(wide_cotangent), window.size, *where),
        positions,
    )
    shape = window.input_shape
    assert_rounding_only(
        fast.conv_input_gradient(prepare(cotangent), prepare(kernel), shape, *where),
        exact.conv_input_gradient(wide_cotangent, wide_kernel, shape, *where),
        exact.conv_input_gradient(abs(wide_cotangent), abs(wide_kernel), shape, *where),
        taps * kernel_shape[-1],
    )


@given(convolutions())
@settings(max_examples=150, deadline=None)
def test_every_kind_of_window(case):
    check(*case)


@given(convolutions())
@settings(max_examples=20, deadline=None)
def test_arrays_that_are_not_contiguous(case):
    check(*case, prepare=strided)


@pytest.mark.parametrize(
    ("input_shape", "kernel_shape", "padding", "groups"),
    [
        ((40, 28, 28, 1), (3, 3, 1, 32), 0, 1),
        ((40, 13, 13, 32), (3, 3, 32, 24), 1, 1),
        ((40, 12, 12, 16), (3, 3, 1, 16), 1, 16),
        ((40, 9, 9, 6), (5, 5, 3, 4), 2, 2),
        ((1, 64, 300, 16), (3, 3, 16, 8), 1, 1),
    ],
)
def test_images_large_enough_for_several_threads_and_blocks(
    input_shape, kernel_shape, padding, groups
):
    window = Window(input_shape, kernel_shape[:2], (1, 1), ((padding, padding),) * 2, (1, 1))
    check(window, kernel_shape, groups, "float32", 3)


def test_three_dimensions_and_other_types_are_numpys(rng):
    x, kernel = rng.standard_normal((2, 4, 3, 5, 4)), rng.standard_normal((2, 3, 2, 2, 6))
    where = (1, 2, 1), ((0, 1), (1, 1), (0, 0)), (2, 1, 1), 2
    np.testing.assert_array_equal(fast.conv(x, kernel, *where), exact.conv(x, kernel, *where))
    x, kernel = (rng.standard_normal((1, 3, 3, 1)) * (1 + 1j), np.ones((2, 2, 1, 1), complex))
    where = (1, 1), ((0, 0), (0, 0)), (1, 1)
    assert fast.conv(x, kernel, *where).dtype == complex
    half = fast.conv(x.real.astype("float16"), kernel.real.astype("float16"), *where)
    assert half.dtype == np.float16


def chosen(channels, filters, size, groups=1, dtype="float32", dilation=1, stride=1):
    strides, dilations = (stride, stride), (dilation, dilation)
    case = fast.Case(channels, filters, (size, size), strides, dilations, groups)
    return fast.choose(case, np.dtype(dtype))


def test_the_table_of_choices():
    assert chosen(8, 8, 3, groups=8) is depthwise
    assert chosen(8, 8, 3, groups=2) is None
    assert chosen(512, 64, 1) is chosen(8, 12, 1) is chosen(8, 8, 1, dtype="float64") is one_by_one
    assert chosen(3, 16, 1) is few_channels
    assert chosen(8, 8, 1) is direct
    assert chosen(8, 8, 1, stride=2) is chosen(64, 64, 3, stride=2) is direct
    assert chosen(1, 32, 3) is few_channels
    assert chosen(64, 64, 3) is winograd.four
    assert chosen(64, 64, 5) is chosen(64, 64, 3, dilation=2) is direct
    assert chosen(64, 64, 5, dtype="float64") is im2col
    assert chosen(64, 60, 5) is im2col


def test_a_setting_overrides_the_table_where_it_can():
    config.set_convolution_algorithm("im2col")
    assert chosen(64, 64, 5) is chosen(1, 32, 3) is chosen(8, 8, 1) is im2col
    config.set_convolution_algorithm("direct")
    assert chosen(64, 64, 1) is direct
    assert chosen(1, 5, 1) is few_channels
    config.set_convolution_algorithm("winograd_2x2")
    assert chosen(64, 64, 3) is winograd.two
    config.set_convolution_algorithm("direct")
    assert chosen(64, 60, 5) is im2col
    with pytest.raises(ValueError, match=r"'fft'.*winograd"):
        config.set_convolution_algorithm("fft")
