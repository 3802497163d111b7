"""Misuse is refused with what came, what was expected and how to mend it."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import KerasTensor, losses

P = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred", "message"),
    [
        ("mse", np.zeros((4, 2)), P, r"\(4, 2\).*\(4, 3\).*equal shapes.*outputs"),
        ("mae", np.zeros((5, 3)), P, r"mean_absolute_error: .*\(5, 3\)"),
        ("mse", [[0.0], [np.nan]], np.zeros((2, 1)), r"NaN: 1 of 2 .* index \(1, 0\).*Drop"),
        ("binary_crossentropy", [np.nan, 0.0], [0.5, 0.5], "NaN"),
        ("sparse_categorical_crossentropy", [np.nan, 0, 1, 2], P, "NaN"),
        ("categorical_crossentropy", np.full((4, 3), np.nan), P, "NaN"),
        ("sparse_categorical_crossentropy", [0, 1, 2, 3], P, "0 to 2.*3 classes.*0 to 3"),
        ("sparse_categorical_crossentropy", [0, 1, 2, -1], P, "0 to 2.*-1 to 2"),
        ("sparse_categorical_crossentropy", np.eye(3)[[0, 1, 2, 0]], P, "one-hot.*argmax"),
        ("sparse_categorical_crossentropy", [0, 1], P, r"shape \(4,\).*\(2,\)"),
        ("categorical_crossentropy", [0, 1, 2, 0], P, "must have the same shape.*to_categorical"),
        ("categorical_crossentropy", [[0], [1], [2], [0]], P, "class indices.*sparse"),
        ("categorical_crossentropy", np.eye(4), P, "must have the same shape.*outputs"),
        ("categorical_focal_crossentropy", [0, 1, 2, 0], P, "must have the same shape"),
        ("binary_crossentropy", np.zeros((4, 2)), P, "must have the same shape"),
    ],
)
def test_labels_that_cannot_be_right(loss, y_true, y_pred, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        losses.LossFunctionWrapper(losses.get(loss))(np.asarray(y_true), y_pred)


def test_labels_outside_the_classes_of_a_generalized_crossentropy():
    loss = losses.CategoricalGeneralizedCrossEntropy()
    with pytest.raises(ValueError, match=r"0 to 2.*1 to 3"):
        loss([1, 2, 3, 1], P)


def test_binary_labels_outside_the_interval_are_warned_of():
    with pytest.warns(UserWarning, match="0 to 1.*1 to 2"):
        losses.binary_crossentropy([[1.0, 2.0]], [[0.5, 0.5]])


def test_a_softmax_of_one_class_is_warned_of():
    with pytest.warns(SyntaxWarning, match="single class.*binary_crossentropy"):
        losses.categorical_crossentropy([[1.0]], [[1.0]])


@pytest.mark.parametrize("name", ["categorical_crossentropy", "categorical_focal_crossentropy"])
def test_an_axis_is_a_number(name):
    with pytest.raises(ValueError, match="`axis` must be of type `int`"):
        losses.get(name)(P, P, axis=True)


def test_settings_that_do_not_exist():
    with pytest.raises(ValueError, match=r"Invalid value for argument `reduction`.*'avg'"):
        losses.Huber(reduction="avg")
    with pytest.raises(ValueError, match="Did you mean 'sparse_categorical_crossentropy'"):
        losses.get("sparse_categorical_crossentopy")
    with pytest.raises(ValueError, match="Could not interpret loss identifier: 3"):
        losses.get(3)
    with pytest.raises(ValueError, match="interval"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.0)
    with pytest.raises(NotImplementedError, match="Loss does not implement `call`"):
        losses.Loss()([0.0], [0.0])


def test_unknown_batch_sizes_pass():
    loss = losses.SparseCategoricalCrossentropy()
    result = loss(KerasTensor((None,), "int32"), KerasTensor((None, 3)))
    assert result.shape == ()
    assert losses.MeanSquaredError(reduction=None)(
        KerasTensor((None, 3)), KerasTensor((None, 3))
    ).shape == (None,)
