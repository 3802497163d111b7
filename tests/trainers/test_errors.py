"""Misuse gets one clear error: what came, what was expected, how to mend it."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_before_compile(method):
    model = minicnn.Sequential([minicnn.layers.Dense(1)], name="digits")
    message = rf"You must call `compile\(\)` before calling `{method}\(\)`.*'digits'"
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(np.ones((2, 3)), np.ones((2, 1)))


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_empty_data(regression, method):
    model, x, y = regression
    data = (x[:0],) if method == "predict" else (x[:0], y[:0])
    with pytest.raises(ValueError, match=r"Empty data: `x` has 0 samples \(shape \(0, 4\)\)"):
        getattr(model, method)(*data)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_different_numbers_of_rows(regression, method):
    model, x, y = regression
    with pytest.raises(ValueError, match=r"'x' sizes: 20; 'y' sizes: 19"):
        getattr(model, method)(x, y[:-1])


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "predict_on_batch"])
def test_wrong_input_shape_names_the_layer(regression, method):
    model, x, y = regression
    data = (x[:, :3],) if method.startswith("predict") else (x[:, :3], y)
    quiet = {} if method == "predict_on_batch" else {"verbose": 0}
    with pytest.raises(ValueError, match=r"(?s)\(None, 4\).*(20, 3)"):
        getattr(model, method)(*data, **quiet)


def test_no_targets(regression):
    model, x, _ = regression
    with pytest.raises(ValueError, match=r"compiled with a loss.*`y` is None"):
        model.fit(x, verbose=0)


def test_no_loss(regression):
    _, x, y = regression
    fresh = minicnn.Sequential([minicnn.layers.Dense(3)])
    fresh.compile("sgd")
    with pytest.raises(ValueError, match=r"No loss to compute. Provide a `loss`"):
        fresh.fit(x, y, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mean_squared_eror"}, "mean_squared_error"),
        ({"loss": "mse", "metrics": ["acuracy"]}, "accuracy"),
        ({"loss": "mse", "metrics": "accuracy"}, r"metrics=\['accuracy'\]"),
        ({"loss": "mse", "weighted_metrics": "mse"}, "weighted_metrics"),
        ({"loss": "mse", "loss_weights": 3}, "loss_weights=3"),
        ({"optimizer": "adamm"}, "adam"),
        ({"loss": "mse", "steps_per_execution": 0}, "steps_per_execution=0"),
    ],
)
def test_settings_that_mean_nothing(regression, arguments, message):
    model, x, y = regression
    weights = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.compile(**arguments)
    model.fit(x, y, epochs=0, verbose=0)  # the settings from before are still there
    assert len(weights) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be a whole number from 1.*batch_size=0"),
        ({"batch_size": 2.5}, "batch_size=2.5"),
        ({"steps_per_epoch": -1}, "steps_per_epoch=-1"),
        ({"validation_split": 1.0}, "between 0 and 1.*validation_split=1.0"),
        ({"validation_split": 0.9999}, "20 samples, which is not sufficient"),
        ({"validation_freq": "often", "validation_split": 0.5}, "Expected `validation_freq`"),
        ({"class_weight": {0: 1.0}, "sample_weight": np.ones(20)}, "`class_weight` and `sample"),
        ({"class_weight": [1.0, 2.0]}, "must be a dict"),
    ],
)
def test_arguments_of_fit(regression, arguments, message):
    model, x, y = regression
    with pytest.raises(ValueError, match=message):
        model.fit(x, y, verbose=0, **arguments)


def test_validation_split_of_a_generator(regression):
    model, x, y = regression
    with pytest.raises(ValueError, match=r"`validation_split` is only supported.*validation_data"):
        model.fit(iter([(x, y)]), validation_split=0.2, verbose=0)


def test_argument_that_evaluate_does_not_have(regression):
    model, x, y = regression
    with pytest.raises(ValueError, match=r"not recognized.*epochs"):
        model.evaluate(x, y, epochs=3)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([minicnn.callbacks.History], r"the class History.*History\(...\)"),
        ([print], r"must hold `Callback` objects.*LambdaCallback"),
        (["early stopping"], "must hold `Callback` objects"),
    ],
)
def test_callbacks_that_are_none(regression, callbacks, message):
    model, x, y = regression
    with pytest.raises(TypeError, match=message):
        model.fit(x, y, callbacks=callbacks, verbose=0)


def test_both_kinds_of_weights_on_a_batch(regression):
    model, x, y = regression
    with pytest.raises(ValueError, match="cannot be specified at the same time"):
        model.train_on_batch(x, y, np.ones(20), {0: 1.0})


def test_targets_of_another_shape(regression):
    model, x, y = regression
    with pytest.raises(ValueError, match=r"\(20, 2\)"):
        model.fit(x, y[:, :2], verbose=0)


def test_loss_for_an_output_that_does_not_exist():
    inputs = minicnn.Input((4,))
    outputs = [minicnn.layers.Dense(1, name=name)(inputs) for name in ("size", "place")]
    model = minicnn.Model(inputs, outputs)
    model.compile("sgd", {"size": "mse", "colour": "mse"})
    with pytest.raises(ValueError, match=r"Expected keys \['size', 'place'\].*'colour'"):
        model.fit(np.ones((4, 4)), [np.ones((4, 1))] * 2, verbose=0)


def test_weights_of_samples_in_another_structure_than_the_outputs():
    x = minicnn.Input((2,))
    outputs = [minicnn.layers.Dense(1, name=name)(x) for name in "ab"]
    model = minicnn.Model(x, outputs)
    model.compile("sgd", ["mse", "mse"])
    x_train, y, weights = np.ones((4, 2)), np.ones((4, 1)), np.ones(4)
    with pytest.raises(ValueError, match=r"structure of the model's outputs.*dict.*\['a', 'b'\]"):
        model.fit(x_train, {"a": y, "b": y}, sample_weight={"a": weights, "b": weights}, verbose=0)
