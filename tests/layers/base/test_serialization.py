"""`layers.serialize` and `layers.deserialize`."""

import pytest

from minicnn import layers, losses


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
