"""`check_gradients` accepts what is right and refuses what is not."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers, ops
from minicnn.testing import CannotCheck, WrongGradient, check_gradients

RANDOM = np.random.default_rng(0)


def test_a_wrong_factor_is_found():
    wrong = ops.custom_gradient(lambda x: (x * x, lambda upstream: upstream * x))
    with pytest.raises(WrongGradient, match=r"(?s)Wrong gradient to input 0.*\[0\].*0\.5 times"):
        check_gradients(wrong, np.array([1.0, 2.0, 3.0]))


def test_a_slope_between_those_of_the_sides_is_right_and_reported():
    report = check_gradients(lambda x: ops.maximum(x, 0.0), np.array([1.0, 0.0]), order=1)
    assert report.rows[0].kinks == [(1,)]
    assert "1 element on a kink" in str(report)


def test_a_slope_outside_is_wrong():
    wrong = ops.custom_gradient(lambda x: (ops.abs(x), lambda c: c * ops.where(x < 0, -1.0, 1.2)))
    with pytest.raises(WrongGradient):
        check_gradients(wrong, np.array([0.0]), order=1)


def test_a_vanishing_gradient_proves_nothing():
    with pytest.raises(AssertionError, match="as good as zero"):
        check_gradients(lambda x: x * 1e-9, np.array([1.0]))


def test_a_gradient_that_cannot_be_differentiated_is_found():
    unrecorded = ops.custom_gradient(
        lambda x: (x**3, lambda upstream: upstream * 3 * np.asarray(x) ** 2)
    )
    with pytest.raises(WrongGradient, match="Wrong second derivative"):
        check_gradients(unrecorded, np.array([1.0, 2.0]))
    check_gradients(unrecorded, np.array([1.0, 2.0]), order=1)


def test_integers_have_no_gradient():
    with pytest.raises(CannotCheck, match="no input is an array of floats"):
        check_gradients(ops.square, np.array([1, 2]))
    report = check_gradients(lambda i, x: i * x, np.array([1, 2]), np.array([1.0, 2.0]), order=1)
    assert [row.name for row in report.rows] == ["input 1"]


def test_random_functions_are_refused():
    with pytest.raises(CannotCheck, match="random"):
        check_gradients(lambda x: x * np.random.random(), np.ones(2))


def test_numpy_results_are_refused():
    with pytest.raises(CannotCheck, match="check_backward"):
        check_gradients(lambda x: np.sin(np.asarray(x)), np.ones(2))


def test_the_taylor_remainder_tells_right_from_wrong():
    x = RANDOM.normal(size=(3, 2))
    report = check_gradients(ops.sin, x, order=1, truth="taylor")
    assert 1.9 < report.rows[0].order < 3.1
    wrong = ops.custom_gradient(lambda x: (ops.sin(x), lambda c: c * ops.cos(x) * 1.01))
    with pytest.raises(WrongGradient, match=r"order 1\.0"):
        check_gradients(wrong, x, order=1, truth="taylor")


def test_a_model_with_its_loss():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(3)])
    x, labels = RANDOM.normal(size=(6, 4)), np.array([0, 2, 1, 1, 0, 2])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    before = model.get_weights()
    report = check_gradients(model, x, y=labels, loss=loss, order=1)
    assert len(report.rows) == 5
    model.compile(loss=loss)
    check_gradients(model, x, y=labels, order=1)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype == np.float32
    assert model.dtype_policy.name == "float32"


def test_a_loss_is_differentiated_by_its_predictions():
    y_true, y_pred = RANDOM.normal(size=(2, 4, 3))
    for loss in (keras.losses.MeanSquaredError, keras.losses.MeanSquaredError()):
        report = check_gradients(loss, y_true, y_pred)
        assert report.rows[0].name == "y_pred"


def test_a_layer_in_training_is_not_random():
    report = check_gradients(layers.Dropout(0.5), RANDOM.normal(size=(4, 5)), training=True)
    assert report.largest_error < 1e-9


def test_what_cannot_be_checked_has_a_sentence():
    x = np.ones((2, 3))
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    for call, text in (
        (lambda: check_gradients(layers.Dense(2)), "Give Dense an input"),
        (lambda: check_gradients(model, x, y=np.zeros(2)), "no loss"),
        (lambda: check_gradients(model, x, loss="mse"), "needs labels"),
        (lambda: check_gradients(ops.sin, x, y=x), "a function has no loss"),
        (lambda: check_gradients(keras.losses.MeanSquaredError(), x), "labels and predictions"),
        (lambda: check_gradients(3, x), "must be a function"),
        (lambda: check_gradients(ops.sin, x, truth="exact"), "`truth` is one of"),
        (lambda: check_gradients(lambda x: None, x), "returned None"),
    ):
        with pytest.raises(CannotCheck, match=text):
            call()
