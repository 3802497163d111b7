"""The gradient of every loss is its derivative, with weights, also a second time."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import GradientTape, Tensor, losses, ops
from minicnn.testing import check_gradients
from tests.losses.cases import CASES

KINKED = {"Hinge", "SquaredHinge", "Huber"}
"""Their second derivatives jump, and are not compared."""


def smooth(case):
    """Only a circle loss that compares embeddings with themselves, at distance 0, is not."""
    return case.settings.get("remove_diagonal", True)


@pytest.mark.parametrize("case", [c for c in CASES if smooth(c)], ids=str)
def test_gradient_to_predictions_and_weights(case, rng):
    y_true, y_pred = case.data(rng, (4, 3))
    loss = getattr(losses, case.name)(**case.settings, dtype="float64", reduction=None)
    shape = loss(y_true, y_pred).shape
    weight = rng.uniform(0.5, 2.0, shape)

    def weighted(y_pred, weight):
        return loss(y_true, y_pred, sample_weight=weight)

    order = 1 if case.name in KINKED else 2
    check_gradients(weighted, y_pred, weight, order=order, tolerance=1e-6)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_gradient_of_reductions(reduction, rng):
    y_true, weight = rng.normal(size=(4, 3)), rng.uniform(0.5, 2.0, 4)
    loss = losses.MeanSquaredError(reduction=reduction, dtype="float64")
    check_gradients(
        lambda y_pred, weight: loss(y_true, y_pred, weight), rng.normal(size=(4, 3)), weight
    )


def test_gradient_through_a_mask(rng):
    mask = np.array([True, False, True])
    loss = losses.MeanSquaredError(dtype="float64")
    y_true = rng.normal(size=(3, 2))

    def masked(y_pred):
        y_pred = y_pred * 1.0
        y_pred._keras_mask = ops.convert_to_tensor(mask)
        return loss(y_true, y_pred)

    y_pred = rng.normal(size=(3, 2))
    check_gradients(masked, y_pred)
    (gradient,) = _gradient(masked, y_pred)
    assert not np.asarray(gradient)[1].any()


def test_ignored_labels_have_no_gradient(rng):
    loss = losses.SparseCategoricalCrossentropy(True, ignore_class=9, dtype="float64")
    y_pred = rng.normal(size=(3, 4))
    check_gradients(lambda y_pred: loss([1, 9, 0], y_pred), y_pred)
    (gradient,) = _gradient(lambda y_pred: loss([1, 9, 0], y_pred), y_pred)
    assert not np.asarray(gradient)[1].any()


@pytest.mark.parametrize("name", ["CosineSimilarity", "Dice", "KLDivergence", "LogCosh"])
def test_zeros_give_finite_gradients(name):
    loss = getattr(losses, name)(dtype="float64")
    (gradient,) = _gradient(lambda y_pred: loss(np.ones((2, 3)), y_pred), np.zeros((2, 3)))
    assert np.isfinite(gradient).all()


def test_extreme_logits_give_exact_gradients():
    """The derivative of a cross-entropy is `softmax(x) - label`, however far off the logits are."""
    logits = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64", reduction="sum")
    (gradient,) = _gradient(lambda y_pred: loss([1, 1], y_pred), logits)
    np.testing.assert_allclose(gradient, [[1.0, -1.0], [0.0, 0.0]])


def _gradient(function, *arrays):
    tensors = [Tensor(np.asarray(array)) for array in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return tape.gradient(value, tensors)
