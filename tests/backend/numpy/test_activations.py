"""Activations against their formulas in high precision, at their limits, and their gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minicnn.backend.numpy import activations as A
from tests.backend.checks import assert_adjoint, derivative_along

FORMULAS = {
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "log_sigmoid": lambda x: -math.log1p(math.exp(-x)),
    "hard_sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "sparse_sigmoid": lambda x: min(max((x + 1) / 2, 0.0), 1.0),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "hard_silu": lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "celu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "gelu": lambda x: x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "hard_tanh": lambda x: min(max(x, -1.0), 1.0),
    "tanh_shrink": lambda x: x - math.tanh(x),
    "hard_shrink": lambda x: x if abs(x) > 0.5 else 0.0,
    "soft_shrink": lambda x: math.copysign(max(abs(x) - 0.5, 0.0), x),
    "sparse_plus": lambda x: 0.0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
    "squareplus": lambda x: (x + math.sqrt(x * x + 4)) / 2,
}
# Away from the kinks at 0, ±1/2, ±1, ±3 and 6, and on both sides of each.
POINTS = np.array([-9.7, -4.2, -2.1, -1.3, -0.8, -0.3, 0.2, 0.7, 1.4, 2.3, 4.1, 5.7, 7.9])


@pytest.mark.parametrize("name", FORMULAS)
def test_value(name):
    expected = [FORMULAS[name](x) for x in POINTS]
    np.testing.assert_allclose(getattr(A, name)(POINTS), expected, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_complex_step_gives_the_derivative(name):
    f, step = getattr(A, name), 1e-3
    slopes = derivative_along(f, POINTS, np.ones_like(POINTS))
    differences = (
        8 * (f(POINTS + step) - f(POINTS - step)) - (f(POINTS + 2 * step) - f(POINTS - 2 * step))
    ) / (12 * step)
    np.testing.assert_allclose(slopes, differences, atol=1e-10)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_type_is_kept_and_nothing_overflows(name, dtype):
    largest = 30 if dtype == "float16" else 200
    with np.errstate(all="raise", under="ignore"):
        y = getattr(A, name)(np.array([-largest, -7, 0, 7, largest], dtype))
    assert y.dtype == dtype
    assert np.isfinite(y).all()


@pytest.mark.parametrize("name", FORMULAS)
def test_nan_stays_nan(name):
    if name != "hard_shrink":
        assert np.isnan(getattr(A, name)(np.array([np.nan]))).all()


def test_exact_gelu():
    expected = [x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in POINTS]
    np.testing.assert_allclose(A.gelu(POINTS, approximate=False), expected, rtol=1e-13, atol=1e-16)


def test_settings():
    np.testing.assert_allclose(A.leaky_relu(POINTS, 0.5), np.where(POINTS > 0, 1, 0.5) * POINTS)
    np.testing.assert_allclose(A.elu(POINTS, 3.0)[0], 3 * math.expm1(-9.7))
    np.testing.assert_allclose(A.celu(POINTS, 3.0)[0], 3 * math.expm1(-9.7 / 3))
    np.testing.assert_allclose(A.threshold(POINTS, 1.0, -7.0), np.where(POINTS > 1, POINTS, -7))
    np.testing.assert_allclose(A.glu(np.array([[3.0, 0.0]])), [[1.5]])


def test_relu_gradient(rng):
    x, cotangent, direction = rng.standard_normal((3, 4, 5))
    y = A.relu(x)
    along = derivative_along(A.relu, x, direction)
    assert_adjoint(along, cotangent, direction, A.relu_gradient(cotangent, y))
    assert A.relu_gradient(cotangent, y).any()
