from __future__ import annotations

import numpy as np
import pytest

from minicnn.backend.numpy.losses import (
    sparse_softmax_cross_entropy,
    sparse_softmax_cross_entropy_gradient,
)
from tests.backend.checks import assert_adjoint, derivative_along


@pytest.mark.parametrize("shape", [(7, 4), (2, 3, 5), (4,), (0, 3)])
def test_value_and_gradient(shape, rng):
    logits, direction = rng.standard_normal((2, *shape))
    labels = rng.integers(0, shape[-1], shape[:-1])
    cotangent = rng.standard_normal(shape[:-1])
    losses = sparse_softmax_cross_entropy(logits, labels)
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    picked = np.take_along_axis(probabilities, labels[..., None], -1)[..., 0]
    np.testing.assert_allclose(losses, -np.log(picked))

    along = derivative_along(lambda z: sparse_softmax_cross_entropy(z, labels), logits, direction)
    gradient = sparse_softmax_cross_entropy_gradient(cotangent, logits, labels)
    assert_adjoint(along, cotangent, direction, gradient)


def test_a_very_wrong_prediction_has_a_finite_loss():
    logits, labels = np.array([[0.0, 2000.0]]), np.array([0])
    np.testing.assert_array_equal(sparse_softmax_cross_entropy(logits, labels), [2000])
    gradient = sparse_softmax_cross_entropy_gradient(np.ones(1), logits, labels)
    np.testing.assert_array_equal(gradient, [[-1, 1]])
