"""Softmax, its logarithm and their gradients against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minicnn.backend.numpy import softmax as S
from tests.backend.checks import assert_adjoint, derivative_along


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [-1, 0, (0, 2), None])
def test_softmax_gradients(name, axis, rng):
    x, cotangent, direction = rng.standard_normal((3, 4, 5, 3))
    f, gradient = getattr(S, name), getattr(S, f"{name}_gradient")
    along = derivative_along(lambda z: f(z, axis), x, direction)
    assert_adjoint(along, cotangent, direction, gradient(cotangent, f(x, axis), axis))


@pytest.mark.parametrize("axis", [-1, 0, (0, 2), None])
def test_softmax_family_is_its_definition(axis, rng):
    x = rng.standard_normal((4, 5, 3))
    total = np.exp(x).sum(axis, keepdims=True)
    np.testing.assert_allclose(S.softmax(x, axis), np.exp(x) / total)
    np.testing.assert_allclose(S.log_softmax(x, axis), x - np.log(total))
    np.testing.assert_allclose(S.logsumexp(x, axis, keepdims=True), np.log(total))
    np.testing.assert_allclose(S.logsumexp(x, axis), np.log(np.exp(x).sum(axis)))


def test_softmax_of_large_logits():
    x = np.array([[1e4, 1e4 - 1, -1e4]])
    np.testing.assert_allclose(S.softmax(x), [[1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0]])
    np.testing.assert_allclose(S.log_softmax(x)[0, 2], -2e4, rtol=1e-4)
    np.testing.assert_allclose(S.logsumexp(x), 1e4 + math.log1p(math.exp(-1)))
    assert S.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
