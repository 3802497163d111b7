"""The error function against the one in Python's own `math`."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minicnn.backend.numpy.special import erf, erfc, erfinv
from tests.backend.checks import derivative_along

GRID = np.linspace(-7, 7, 7001)


@pytest.mark.parametrize(("dtype", "ulps"), [("float64", 6), ("float32", 8), ("float16", 1)])
@pytest.mark.parametrize(("f", "truth"), [(erf, math.erf), (erfc, math.erfc)])
def test_values(f, truth, dtype, ulps):
    x = GRID.astype(dtype)
    expected = np.array([truth(value) for value in x.astype(np.float64)])
    y = f(x)
    assert y.dtype == dtype
    assert (np.abs(y - expected) <= ulps * np.spacing(np.abs(expected).astype(dtype))).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_inverse(dtype):
    y = np.linspace(-1, 1, 4001, dtype=dtype)[1:-1]
    x = erfinv(y)
    assert x.dtype == dtype
    # Where erf is flat, its rounding hides the argument: compare by the slope.
    slope = 2 / np.sqrt(np.pi) * np.exp(-(x.astype(np.float64) ** 2))
    error = np.abs([math.erf(value) for value in x.astype(np.float64)] - y.astype(np.float64))
    eps = np.finfo(dtype).eps
    assert (error <= 8 * eps * (np.abs(y) + slope * np.abs(x))).all()


def test_limits():
    np.testing.assert_array_equal(erf(np.array([-np.inf, 0, np.inf])), [-1, 0, 1])
    np.testing.assert_array_equal(erfc(np.array([-np.inf, 0, np.inf, 50])), [2, 1, 0, 0])
    np.testing.assert_array_equal(erfinv(np.array([-1.0, 0, 1, 1.5])), [-np.inf, 0, np.inf, np.nan])
    assert np.isnan(erf(np.nan))


@pytest.mark.parametrize(("f", "sign"), [(erf, 1), (erfc, -1)])
def test_derivative_by_the_complex_step(f, sign):
    slopes = derivative_along(f, GRID, np.ones_like(GRID))
    expected = sign * 2 / np.sqrt(np.pi) * np.exp(-(GRID**2))
    np.testing.assert_allclose(slopes, expected, rtol=1e-13)
