"""Explanations by computed derivatives, and of the value of a loss."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import minicnn as keras
from minicnn.analysis import explain_gradient
from minicnn.analysis.derivative_explanations import Derivatives, computed_output
from minicnn.analysis.explanations.loss_values import explained_loss
from minicnn.analysis.recorded_gradients import record_gradients

DRAWS = np.random.default_rng(3)


def recorded(layer, shape, loss="mse", draws=DRAWS):
    model = keras.Sequential([keras.Input(batch_shape=shape), layer])
    model.compile(loss=loss)
    x = draws.standard_normal(shape).astype("float32")
    y = draws.standard_normal(model.output_shape).astype("float32")
    return record_gradients(model, x, y, "a test", training=True)


LAYERS = {
    "dense": (lambda: keras.layers.Dense(3, activation="tanh"), (2, 4)),
    "lstm": (lambda: keras.layers.LSTM(2, return_sequences=True), (1, 3, 2)),
    "dropout": (lambda: keras.layers.Dropout(0.5, seed=2), (2, 6)),
    "batch": (lambda: keras.layers.BatchNormalization(), (4, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_sums_of_derivatives_are_the_gradients(name):
    make, shape = LAYERS[name]
    layer = make()
    found = recorded(layer, shape)
    call = found.recorded.calls[-1]
    tensors = [(0, found.of(call.inputs[0]))]
    tensors += [(w, found.weights[w.path]) for w in layer.trainable_weights]
    for of, gradient in tensors:
        assert np.abs(gradient).max() > 1e-4
        derivatives = Derivatives(found, call, of)
        for at in np.ndindex(*gradient.shape):
            explained = derivatives.gradient(at)
            assert explained.value == gradient[at]
            assert_allclose(explained.result, gradient[at], rtol=1e-4, atol=1e-6)


def test_an_output_of_a_sequence_depends_on_the_steps_before_it_only():
    found = recorded(keras.layers.SimpleRNN(2, return_sequences=True), (1, 4, 3))
    call = found.recorded.calls[-1]
    derivatives = Derivatives(found, call, 0)
    for t in range(4):
        explained = derivatives.output((0, t, 1), "input")
        assert {place[1] for place in explained.terms[0].places} == set(range(t + 1))
        assert explained.result == explained.value == float(call.outputs[0].numpy()[0, t, 1])


def test_more_outputs_than_can_be_differentiated_are_refused():
    found = recorded(keras.layers.Dense(101), (1, 2))
    with pytest.raises(ValueError, match="more outputs"):
        Derivatives(found, found.recorded.calls[-1], 0)


def test_an_output_on_whole_numbers_is_from_all_of_them():
    layer = keras.layers.CategoryEncoding(4)
    model = keras.Sequential([keras.Input(batch_shape=(1, 3), dtype="int32"), layer])
    model.compile(loss="mse")
    found = record_gradients(model, np.array([[1, 3, 1]], "int32"), np.ones((1, 4)), "a test")
    explained = computed_output(found.recorded.calls[-1], (0, 1), "input")
    assert explained.result == 1 and explained.terms[0].products.tolist() == [1, 3, 1]


@pytest.mark.parametrize("which", [0, 1])
def test_each_of_several_inputs_has_its_gradient_explained(which):
    a, b = keras.Input(batch_shape=(1, 3)), keras.Input(batch_shape=(1, 3))
    model = keras.Model([a, b], keras.layers.Multiply()([a, b]))
    values = [np.array([[1.0, 2, 3]], "float32"), np.array([[4.0, 5, 7]], "float32")]
    for i in range(3):
        layer = f"input[{which}]"
        explained = explain_gradient(model, values, layer=layer, index=i, class_index=2)
        assert explained.title == layer
        assert_allclose(explained.result, values[1 - which][0, i] * (i == 2))


LOSSES = {
    "mse": (keras.losses.MeanSquaredError(), "any"),
    "mae": (keras.losses.MeanAbsoluteError(), "any"),
    "sparse": (keras.losses.SparseCategoricalCrossentropy(), "class"),
    "sparse logits": (keras.losses.SparseCategoricalCrossentropy(from_logits=True), "class"),
    "one-hot": (keras.losses.CategoricalCrossentropy(), "one-hot"),
    "huber": (keras.losses.Huber(), "any"),
}


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("name", LOSSES)
def test_the_steps_of_a_loss_give_its_value(name, samples):
    loss, kind = LOSSES[name]
    draws = np.random.default_rng(samples)
    layer = keras.layers.Identity()
    model = keras.Sequential([keras.Input(batch_shape=(samples, 4)), layer])
    model.compile(loss=loss)
    x = draws.uniform(0.1, 0.9, (samples, 4)).astype("float32")
    labels = draws.integers(0, 4, samples)
    y = {"class": labels, "one-hot": np.eye(4)[labels], "any": draws.uniform(size=(samples, 4))}
    found = record_gradients(model, x, y[kind], "a test")
    explained = explained_loss(found, loss)
    assert explained.value == found.number > 0
    assert_allclose(explained.result, found.number, rtol=1e-5)
    assert explained.terms[0].products.size == x.size
