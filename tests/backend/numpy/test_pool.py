"""The definition of pooling against loops, exact derivatives and identities."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numpy.pool import (
    average_pool,
    average_pool_gradient,
    max_pool,
    max_pool_2x2,
    max_pool_2x2_gradient,
    max_pool_gather,
    max_pool_gradient,
)
from tests.backend.checks import assert_adjoint, derivative_along, distinct, windows

pooling = windows((1, 2, 3), channels=(1, 2, 3), dilated=False, pooling=True)
PLAIN = (2, 2), (2, 2), ((0, 0), (0, 0))


def loop_pooling(x, reduce, size, strides, padding):
    """`reduce` of the elements that are inside, one window at a time."""
    batch, *spatial, channels = x.shape
    positions = [
        (n + sum(p) - k) // s + 1
        for n, p, k, s in zip(spatial, padding, size, strides, strict=True)
    ]
    y = np.empty((batch, *positions, channels))
    for image, channel in np.ndindex(batch, channels):
        for position in np.ndindex(*positions):
            starts = [
                p * s - before for p, s, (before, _) in zip(position, strides, padding, strict=True)
            ]
            inside = tuple(
                slice(max(0, start), max(0, start + k))
                for start, k in zip(starts, size, strict=True)
            )
            y[(image, *position, channel)] = reduce(x[(image, *inside, channel)])
    return y


def first_largest(places, values):
    """Of some places in row order the first where the value is largest."""
    return places[np.argmax(values[places])]


@given(pooling, st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_pooling_is_its_definition(window, seed):
    x = np.random.default_rng(seed).standard_normal(window.input_shape)
    where = window.size, window.strides, window.padding
    np.testing.assert_array_equal(max_pool(x, *where), loop_pooling(x, np.max, *where))
    np.testing.assert_allclose(average_pool(x, *where), loop_pooling(x, np.mean, *where))


@given(pooling, st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_gradients_are_adjoint_and_exact(window, seed):
    rng = np.random.default_rng(seed)
    x = distinct(window.input_shape, rng)
    direction = rng.standard_normal(x.shape)
    where = window.size, window.strides, window.padding
    y = max_pool(x, *where)
    cotangent = rng.standard_normal(y.shape)

    along = derivative_along(lambda z: max_pool(z, *where), x, direction)
    np.testing.assert_allclose(max_pool_gather(direction, x, *where), along)
    assert_adjoint(along, cotangent, direction, max_pool_gradient(cotangent, x, *where))

    along = derivative_along(lambda z: average_pool(z, *where), x, direction)
    gradient = average_pool_gradient(cotangent, x.shape, *where)
    assert_adjoint(along, cotangent, direction, gradient)


def test_the_first_of_equal_elements_gets_the_gradient():
    x = np.ones((1, 2, 2, 1))
    gradient = max_pool_gradient(np.full((1, 1, 1, 1), 3.0), x, *PLAIN)
    np.testing.assert_array_equal(gradient[0, :, :, 0], [[3, 0], [0, 0]])


def test_padding_is_no_maximum_and_not_part_of_a_mean():
    x = np.full((1, 3, 3, 1), -5.0)
    where = (2, 2), (2, 2), ((0, 1), (0, 1))
    assert (max_pool(x, *where) == -5).all()
    assert (average_pool(x, *where) == -5).all()
    gradient = average_pool_gradient(np.ones((1, 2, 2, 1)), x.shape, *where)
    np.testing.assert_allclose(gradient.sum(), 4)
    np.testing.assert_allclose(gradient[0, 2, 2, 0], 1)


def test_whole_numbers_pool_too():
    x = np.arange(-8, 8).reshape(1, 4, 4, 1)
    where = (3, 3), (2, 2), ((1, 0), (1, 0))
    np.testing.assert_array_equal(max_pool(x, *where), loop_pooling(x, np.max, *where))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_type_is_kept(dtype, rng):
    x = rng.standard_normal((1, 4, 4, 2)).astype(dtype)
    y = max_pool(x, *PLAIN)
    assert y.dtype == dtype
    assert max_pool_gradient(y, x, *PLAIN).dtype == dtype
    assert average_pool(x, *PLAIN).dtype == dtype
    assert average_pool_gradient(y, x.shape, *PLAIN).dtype == dtype


def test_the_argmax_is_the_first_of_equal_elements():
    x = np.array([[1.0, 2, 5], [2, 2, 5], [9, 9, 9]]).reshape(1, 3, 3, 1)
    y, argmax = max_pool_2x2(x)
    assert y.tolist() == [[[[2.0]]]] and argmax.tolist() == [[[[1]]]]
    gradient = max_pool_2x2_gradient(np.full((1, 1, 1, 1), 3.0), argmax, (3, 3))
    assert gradient[0, ..., 0].tolist() == [[0, 3, 0], [0, 0, 0], [0, 0, 0]]


def test_2x2_pooling_is_pooling(rng):
    x = distinct((3, 5, 7, 2), rng)
    y, argmax = max_pool_2x2(x)
    np.testing.assert_array_equal(y, max_pool(x, *PLAIN))
    cotangent = rng.standard_normal(y.shape)
    gradient = max_pool_2x2_gradient(cotangent, argmax, x.shape[1:3])
    np.testing.assert_array_equal(gradient, max_pool_gradient(cotangent, x, *PLAIN))


@given(pooling, st.integers(0, 2**32), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_first_of_equal_maxima_in_row_order_gets_the_gradient(window, seed, with_nan):
    """Whole numbers tie often; NaN is larger than all."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, window.input_shape).astype("float64")
    if with_nan:
        x[rng.random(x.shape) < 0.1] = np.nan
    where = window.size, window.strides, window.padding
    places = np.arange(x.size, dtype="float64").reshape(x.shape)
    cotangent = rng.standard_normal(max_pool(x, *where).shape)
    flat = x.reshape(-1)
    inside = loop_pooling(places, lambda p: first_largest(p.astype(int).ravel(), flat), *where)
    right = np.zeros(x.size)
    np.add.at(right, inside.astype(int).ravel(), cotangent.ravel())
    np.testing.assert_array_equal(max_pool_gather(places, x, *where), inside)
    gradient = max_pool_gradient(cotangent, x, *where)
    np.testing.assert_allclose(gradient, right.reshape(x.shape), atol=1e-12)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_memory_does_not_grow_with_the_windows(rank, rng):
    """Windows as large as the input at every position: 64 MB if they were laid out."""
    length = {1: 3000, 2: 54, 3: 14}[rank]
    x = rng.random((1, *(length,) * rank, 1))
    where = (length,) * rank, (1,) * rank, ((length // 2, length - 1 - length // 2),) * rank
    for function, *arrays in (
        (max_pool, x),
        (max_pool_gather, x, x),
        (max_pool_gradient, x, x),
        (average_pool, x),
        (average_pool_gradient, x, x.shape),
    ):
        tracemalloc.start()
        assert function(*arrays, *where).shape == x.shape
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20, function.__name__
