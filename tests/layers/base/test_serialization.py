"""`layers.serialize` and `layers.deserialize`."""

import pytest

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
