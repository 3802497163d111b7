"""Numba's pooling against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import max_pool_2x2
from minicnn.backend.numba import pool as fast
from minicnn.backend.numpy import pool as exact
from tests.backend.checks import Window, assert_rounding_only, distinct, strided, windows

pooling = windows((1, 2), channels=(1, 3, 8, 9), dilated=False, pooling=True)
floats = st.sampled_from(("float32", "float64"))


def check(window, dtype, seed, prepare=np.asarray):
    rng = np.random.default_rng(seed)
    where = window.size, window.strides, window.padding
    # Few different values: ties everywhere, so that the first maximum is tested.
    x = rng.integers(-2, 3, window.input_shape).astype(dtype)
    t = rng.standard_normal(window.input_shape).astype(dtype)
    y = exact.max_pool(x, *where)
    cotangent = rng.standard_normal(y.shape).astype(dtype)
    elements = int(np.prod(window.size))
    wide = cotangent.astype("float64")

    np.testing.assert_array_equal(fast.max_pool(prepare(x), *where), y)
    np.testing.assert_array_equal(
        fast.max_pool_gather(prepare(t), prepare(x), *where), exact.max_pool_gather(t, x, *where)
    )
    assert_rounding_only(
        fast.max_pool_gradient(prepare(cotangent), prepare(x), *where),
        exact.max_pool_gradient(wide, x, *where),
        exact.max_pool_gradient(abs(wide), x, *where),
        elements,
    )
    wide_t = t.astype("float64")
    assert_rounding_only(
        fast.average_pool(prepare(t), *where),
        exact.average_pool(wide_t, *where),
        exact.average_pool(abs(wide_t), *where),
        elements,
    )
    assert_rounding_only(
        fast.average_pool_gradient(prepare(cotangent), x.shape, *where),
        exact.average_pool_gradient(wide, x.shape, *where),
        exact.average_pool_gradient(abs(wide), x.shape, *where),
        elements,
    )


@given(pooling, floats, st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_every_kind_of_window(window, dtype, seed):
    check(window, dtype, seed)


@given(pooling, floats, st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_arrays_that_are_not_contiguous(window, dtype, seed):
    check(window, dtype, seed, prepare=strided)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(64, 26, 26, 32), (2, 11, 4, 3), (1, 2, 2, 1), (0, 4, 4, 1), (1, 5, 7, 9)]
)
@pytest.mark.parametrize("size", [2, 3])
def test_windows_side_by_side(shape, size, dtype):
    if min(shape[1:3]) >= size:
        check(Window(shape, (size,) * 2, (size,) * 2, ((0, 0),) * 2, (1, 1)), dtype, 5)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_nan_spreads_over_its_windows_only(name, size, place):
    x = np.zeros((1, 2 * size, 2 * size, 8), np.float32)
    x[0, place[0], place[1]] = np.nan
    y = getattr(fast, name)(x, (size, size), (size, size), ((0, 0), (0, 0)))
    np.testing.assert_array_equal(np.isnan(y[0, :, :, 0]), [[True, False], [False, False]])


def test_minus_infinity_everywhere():
    x = np.full((1, 4, 4, 2), -np.inf, np.float32)
    window = (3, 3), (2, 2), ((1, 0), (1, 0))
    assert (fast.max_pool(x, *window) == -np.inf).all()
    gradient = fast.max_pool_gradient(np.ones((1, 2, 2, 2), np.float32), x, *window)
    assert gradient.sum() == 8


def test_three_dimensions_and_whole_numbers_are_numpys(rng):
    x = rng.standard_normal((2, 4, 4, 4, 3))
    window = (2, 2, 2), (2, 2, 2), ((0, 0),) * 3
    np.testing.assert_array_equal(fast.max_pool(x, *window), exact.max_pool(x, *window))
    whole = np.arange(16).reshape(1, 4, 4, 1)
    assert fast.max_pool(whole, (2, 2), (2, 2), ((0, 0), (0, 0))).dtype == whole.dtype


@given(
    st.tuples(st.integers(0, 3), st.integers(1, 7), st.integers(1, 7), st.integers(1, 27)),
    st.sampled_from(("float32", "float64", "float16")),
    st.sampled_from((np.asarray, strided)),
    st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_2x2(shape, dtype, prepare, seed):
    rng = np.random.default_rng(seed)
    # Ties, infinities and several NaN in one window: the first maximum is the argmax.
    x = rng.choice([-np.inf, -1, 0, 2, np.inf, np.nan], shape).astype(dtype)
    y, argmax = exact.max_pool_2x2(x)
    found_y, found_argmax = max_pool_2x2.max_pool_2x2(prepare(x))
    np.testing.assert_array_equal(found_y, y)
    np.testing.assert_array_equal(found_argmax, argmax)
    assert found_y.dtype == dtype and found_argmax.dtype == np.uint8
    cotangent = rng.choice([1, -2.5, np.nan, np.inf], y.shape).astype(dtype)
    np.testing.assert_array_equal(
        max_pool_2x2.max_pool_2x2_gradient(
            prepare(cotangent), np.asfortranarray(argmax), shape[1:3]
        ),
        exact.max_pool_2x2_gradient(cotangent, argmax, shape[1:3]),
    )


def test_2x2_on_any_number_of_threads(rng, assert_same_on_any_threads):
    x = distinct((40, 27, 26, 12), rng, "float32")
    y, argmax = exact.max_pool_2x2(x)

    def both():
        found = max_pool_2x2.max_pool_2x2(x)
        return *found, max_pool_2x2.max_pool_2x2_gradient(y, argmax, (27, 26))

    expected = y, argmax, exact.max_pool_2x2_gradient(y, argmax, (27, 26))
    assert_same_on_any_threads(both)
    for found, value in zip(both(), expected, strict=True):
        np.testing.assert_array_equal(found, value)
