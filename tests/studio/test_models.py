"""Networks of every shape: what the page draws for, and the sentence for what it cannot."""

import inspect

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.studio.messages import MESSAGES
from minicnn.studio.running import server_state
from tests.studio.conftest import one, opened, picture


def sequential(shape, *more):
    return keras.Sequential(
        [keras.Input(shape), *more, layers.Flatten(), layers.Dense(10, activation="softmax")]
    )


def residual():
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    for _ in range(2):
        y = layers.Conv2D(8, 3, padding="same")(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def nested():
    inner = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(4, 3), layers.ReLU()])
    inputs = keras.Input((28, 28, 1))
    x = layers.Concatenate()([inner(inputs), inner(inputs)])
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.flat, self.dense = layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10)

    def call(self, x):
        return self.dense(self.flat(self.conv(x) * 2 + 1))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 28, 28, 1), "float32"))
    return model


GOOD = {
    "MLP on (784,)": (lambda: sequential((784,)), (1, 784), 1),
    "MLP on (28, 28)": (lambda: sequential((28, 28)), (1, 28, 28), 1),
    "scales itself": (
        lambda: sequential((28, 28, 1), layers.Rescaling(1 / 255)),
        (1, 28, 28, 1),
        255,
    ),
    "colours": (lambda: sequential((32, 32, 3)), (1, 32, 32, 3), 1),
    "channels first": (
        lambda: sequential((3, 28, 28), layers.Conv2D(4, 3, data_format="channels_first")),
        (1, 3, 28, 28),
        1,
    ),
    "any size": (
        lambda: sequential((None, None, 1), layers.GlobalAveragePooling2D()),
        (1, 28, 28, 1),
        1,
    ),
    "higher than wide": (lambda: sequential((40, 24, 1)), (1, 40, 24, 1), 1),
    "sequence": (lambda: sequential((28, 28), layers.Conv1D(6, 3)), (1, 28, 28), 1),
    "two classes": (
        lambda: keras.Sequential(
            [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
        ),
        (1, 28, 28, 1),
        1,
    ),
    "residual": (residual, (1, 28, 28, 1), 1),
    "nested": (nested, (1, 28, 28, 1), 1),
}


@pytest.mark.parametrize("name", GOOD)
def test_it_is_drawn_for(name):
    make, shape, largest = GOOD[name]
    server, _ = server_state(make())
    with opened(server) as ask:
        network = ask("hello")["network"]
        assert network["problem"] is None
        answer = ask("draw", picture=picture(one()))
        (page,) = server.pages
        assert page.network_input.shape == shape
        assert page.network_input.max() == pytest.approx(largest)
        assert answer["maps"].keys() == {layer["name"] for layer in network["layers"]}
        scores = answer["probabilities"]
        assert np.isfinite(scores).all() and (len(scores) == 1 or scores.sum() == pytest.approx(1))
        known = {"input"}
        for layer in network["layers"]:
            assert set(layer["sources"]) <= known and layer["sources"]
            known.add(layer["name"])


def test_branches_are_known_in_nested_and_residual_networks():
    (adds,) = [
        [
            layer["sources"]
            for layer in server_state(make())[0].network.description.layers
            if kind in layer["class"]
        ]
        for make, kind in [(residual, "Add")]
    ]
    assert len(adds) == 2 and all(len(sources) == 2 for sources in adds)
    described = server_state(nested())[0].network.description.layers
    (joined,) = [layer for layer in described if layer["class"] == "Concatenate"]
    assert len(joined["sources"]) == 2


def test_branches_from_the_input_begin_there():
    inputs = keras.Input((28, 28, 1))
    branches = [layers.Conv2D(2, n, padding="same", name=f"branch{n}")(inputs) for n in (1, 3, 5)]
    flat = layers.Flatten()(layers.Concatenate(name="joined")(branches))
    model = keras.Model(inputs, layers.Dense(10)(flat))
    sources = {x["name"]: x["sources"] for x in server_state(model)[0].network.description.layers}
    assert all(sources[f"branch{n}"] == ["input"] for n in (1, 3, 5))
    assert sources["joined"] == ["branch1", "branch3", "branch5"]


def two_inputs():
    a, b = keras.Input((28, 28, 1)), keras.Input((28, 28, 1))
    x = layers.Flatten()(layers.Add()([a, b]))
    return keras.Model([a, b], layers.Dense(10)(x))


BAD = {
    "two inputs": (two_inputs, "has 2 inputs"),
    "no picture": (lambda: sequential((13,)), "inputs of shape (13,)"),
    "five colours": (lambda: sequential((28, 28, 5)), "inputs of shape (28, 28, 5)"),
    "very large": (lambda: sequential((600, 600, 1), layers.MaxPooling2D(100)), "600 × 600"),
    "a picture comes out": (
        lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(1, 3)]),
        "one row of scores",
    ),
    "shape unknown": (subclassed, "shape of its input"),
    "whole numbers": (
        lambda: sequential((28,), layers.Embedding(10, 4)),
        "inputs of shape (28,)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_it_cannot_draw_for_is_said_in_a_sentence(name, capsys):
    make, says = BAD[name]
    server, _ = server_state(make())
    assert says in capsys.readouterr().err
    with opened(server) as ask:
        network = ask("hello")["network"]
        assert says in network["problem"]
        assert says in ask("draw", picture=picture(one()))["error"]


def test_a_model_that_keras_saved_is_drawn_for(keras, tmp_path):
    k = keras.layers
    theirs = keras.Sequential(
        [keras.Input((28, 28, 1)), k.Conv2D(4, 3), k.BatchNormalization(), k.Flatten(), k.Dense(10)]
    )
    theirs.save(tmp_path / "theirs.keras")
    server, _ = server_state(tmp_path / "theirs.keras")
    with opened(server) as ask:
        answer = ask("draw", picture=picture(one()))
        (page,) = server.pages
        scores = np.asarray(theirs(page.network_input))[0]
    expected = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)


def test_all_messages_have_a_handler_that_takes_their_fields():
    for message in MESSAGES.values():
        code = message.handler.__code__
        names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        takes_any = code.co_flags & inspect.CO_VARKEYWORDS
        assert set(names) <= set(message.fields) if takes_any else set(names) == set(message.fields)
