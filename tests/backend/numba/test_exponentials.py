"""Activations made of exponentials against the definition in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn.backend.numba import exponentials as fast
from minicnn.backend.numpy import activations as exact
from tests.backend.checks import strided

NAMES = ["exp", "sigmoid", "silu", "tanh", "softplus", "log_sigmoid", "elu", "selu", "gelu"]
EPS = np.finfo("float32").eps
SMALLEST = np.finfo("float32").smallest_subnormal


def definition(name):
    return getattr(exact, name, None) or getattr(np, name)


def grid():
    """Small, large, tiny, of both signs; far enough for results to overflow and to vanish."""
    tiny = 10.0 ** np.linspace(-30, 1, 20_001)
    parts = np.linspace(-110, 100, 100_001), np.linspace(-5, 5, 100_001), tiny, -tiny
    return np.concatenate(parts).astype("float32")


@pytest.mark.parametrize("name", NAMES[:-1])
def test_within_units_in_the_last_place(name):
    x = grid()
    with np.errstate(over="ignore"):
        expected = definition(name)(x.astype("float64"))
        rounded = expected.astype("float32")
    found = getattr(fast, name)(x)
    assert found.dtype == np.float32
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    error = np.abs(found[finite] - expected[finite])
    # Of numbers near the smallest a product has fewer digits: x · sigmoid(x) far below zero.
    room = SMALLEST * np.maximum(1, np.abs(x[finite]))
    assert (error <= 2.5 * EPS * np.abs(expected[finite]) + room).all()


@pytest.mark.parametrize("approximate", [True, False])
def test_gelu(approximate):
    x = np.linspace(-12, 12, 30_001).astype("float32")
    wide = x.astype("float64")
    if approximate:
        inner = (2 / np.pi) ** 0.5 * (wide + 0.044715 * wide**3)
        expected = wide * exact.sigmoid(2 * inner)
    else:
        expected = np.array([v * math.erfc(-v * 0.5**0.5) / 2 for v in wide])
    # An exponential multiplies the relative error of its argument by the argument.
    bound = (4 + 4 * x.astype("float64") ** 2 + 0.2 * np.abs(x) ** 3) * EPS * np.abs(expected)
    error = np.abs(fast.gelu(x, approximate) - expected)
    assert (error <= bound + np.finfo("float32").tiny).all()
    np.testing.assert_allclose(fast.gelu(x, approximate), exact.gelu(wide, approximate), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_nan_and_infinities(name):
    x = np.array([np.nan, np.inf, -np.inf, 0.0], "float32")
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(getattr(fast, name)(x), definition(name)(x))


@given(
    st.sampled_from(NAMES),
    st.lists(st.integers(0, 9), max_size=3),
    st.sampled_from(("float16", "float32", "float64")),
    st.integers(0, 2**32),
)
@settings(max_examples=80, deadline=None)
def test_any_shape_and_type(name, shape, dtype, seed):
    x = np.asarray(3 * np.random.default_rng(seed).standard_normal(shape), dtype)
    expected = definition(name)(x)
    for array in (x, strided(x) if x.ndim else x):
        found = getattr(fast, name)(array)
        assert found.dtype == x.dtype and found.shape == x.shape
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elu_of_another_slope(alpha, dtype, rng):
    x = rng.standard_normal(50_000).astype(dtype)
    np.testing.assert_allclose(fast.elu(x, alpha), exact.elu(x, alpha), rtol=1e-5)
    np.testing.assert_array_equal(fast.elu(x, alpha=alpha), fast.elu(x, alpha))


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_threads(name, rng, assert_same_on_any_threads):
    x = rng.standard_normal((77, 1001)).astype("float32")
    assert_same_on_any_threads(lambda: [getattr(fast, name)(x)])
