"""`layers.serialize` and `layers.deserialize`."""

import json

import numpy as np
import pytest

import minicnn
from minicnn import layers, losses, optimizers


class Doubling(layers.Layer):
    def call(self, x):
        return 2 * x


def test_there_and_back():
    layer = layers.Conv2D(4, 3, activation="relu", name="edges")
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()


def test_a_layer_of_ones_own_needs_to_be_known():
    config = layers.serialize(Doubling(name="twice"))
    again = layers.deserialize(config, custom_objects={"Doubling": Doubling})
    assert type(again) is Doubling and again.name == "twice"


def test_something_else_is_refused():
    with pytest.raises(ValueError, match=r"config of a layer.*MeanSquaredError"):
        layers.deserialize(losses.serialize(losses.MeanSquaredError()))


@pytest.mark.parametrize(
    ("cls", "config"),
    [
        (layers.Embedding, {"input_dim": 3.7, "output_dim": 8}),
        (layers.Dense, {"units": -1}),
        (layers.Conv2D, {"filters": 2, "kernel_size": (3, 3), "padding": "same?"}),
        (layers.Dropout, {"rate": 2.0}),
        (layers.MaxPooling1D, {"pool_size": -2}),
        (layers.LSTM, {"units": 0}),
        (layers.Dense, {"units": "many"}),
        (losses.MeanSquaredError, {"reduction": "some"}),
        (optimizers.SGD, {"learning_rate": 0.1, "clipnorm": 1.0, "clipvalue": 1.0}),
    ],
)
def test_a_value_that_the_class_refuses(cls, config):
    """As a TypeError, as in Keras, and as the ValueError of the constructor."""
    with pytest.raises(ValueError) as by_hand:
        cls(**config)
    for expected in (TypeError, ValueError):
        with pytest.raises(expected, match=f"Unable to make a {cls.__name__}") as refused:
            cls.from_config(config)
        assert str(by_hand.value) in str(refused.value)


def uncalled(keras):
    """Layers, each with inputs for it."""
    layers = keras.layers
    picture, row = np.ones((2, 4, 6, 3), "float32"), np.ones((2, 5), "float32")
    yield layers.Pipeline([layers.AutoContrast(), layers.RandomBrightness(0.1)]), picture
    yield layers.Pipeline([layers.Rescaling(2.0), layers.Pipeline([layers.Flatten()])]), picture
    yield layers.Dropout(0.5), row
    yield layers.Flatten(), picture
    yield layers.ReLU(), row
    yield layers.Add(), [row, row]
    yield layers.Dense(2), row
    yield layers.TimeDistributed(layers.Rescaling(2.0)), picture
    yield keras.Sequential([layers.RandomFlip(), layers.Rescaling(2.0)]), picture


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("number", range(9))
def test_a_layer_from_a_config_has_the_same_config(number, called):
    layer, x = list(uncalled(minicnn))[number]
    if called:
        layer(x)
    config = json.loads(json.dumps(minicnn.saving.serialize_keras_object(layer)))
    again = minicnn.saving.deserialize_keras_object(config)
    assert json.loads(json.dumps(minicnn.saving.serialize_keras_object(again))) == config
    larger = minicnn.tree.map_structure(lambda x: np.concatenate([x, x]), x)
    layer(larger), again(larger)  # the shapes of the first call are those of the build
    if not called:
        assert again.get_build_config() == layer.get_build_config()


@pytest.mark.parametrize("shape", ["text", [1, "a"], {"x": 1.5}, [-3]])
def test_shapes_in_a_config_that_are_none_are_refused(shape):
    config = minicnn.saving.serialize_keras_object(minicnn.layers.Dropout(0.5))
    config["build_config"] = {"input_shape": shape}
    with pytest.raises((ValueError, TypeError)):
        minicnn.saving.deserialize_keras_object(config)
