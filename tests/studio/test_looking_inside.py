"""Follow one number, look backwards, switch channels off: the messages."""

import numpy as np
import pytest

import minicnn as keras
from minicnn.analysis import ablate, explain_output, gradients
from minicnn.studio import drawing
from minicnn.studio.server_state import ServerState
from tests.studio.conftest import one, opened, picture


@pytest.fixture
def drawn(ask, server):
    ask("draw", picture=picture(one()))
    return drawing.treated(one())[None, ..., None]


@pytest.mark.parametrize("layer", ["first", "second", "sum", "flat", "scores"])
def test_a_number_and_what_it_depends_on(ask, server, drawn, layer):
    shape = server.network.model.get_layer(layer).output.shape[1:]
    pixel = {"row": 12, "column": 15, "channel": 2} if len(shape) == 3 else {"column": 7}
    answer = ask("number", layer=layer, **pixel)
    index = (12, 15, 2) if len(shape) == 3 else (7,)
    expected = explain_output(server.network.model, drawn, layer, index)
    assert answer["index"] == list(index) and answer["value"] == expected.value
    assert [step["value"] for step in answer["steps"]] == [s.value for s in expected.steps]
    if layer == "second":
        assert answer["groups"][0]["factors"][0].shape == (3, 3, 4)
        assert answer["regions"] == {"input": [[10, 15], [13, 18]], "first": [[11, 14], [14, 17]]}
    if layer == "scores":
        products = answer["groups"][0]["products"]
        assert answer["groups"][0]["count"] == 3136 and products.size == 3136


def test_gradients_of_a_class(ask, server, drawn):
    answer = ask("backward", class_index=3)
    assert set(answer["maps"]) == {"first", "second", "sum", "flat", "scores"}
    assert answer["saliency"]["values"].shape == (1, 28, 28)
    assert answer["grad_cam"]["heat"].shape == (28, 28)
    kernel = server.network.model.get_layer("scores").kernel.numpy()[:, 3]
    largest = answer["maps"]["flat"]["largest"]
    assert largest[0] == pytest.approx(abs(kernel).max(), rel=1e-5)
    answer = ask("gradient_number", class_index=3, layer="first", row=10, column=11, channel=1)
    assert [s["name"] for s in answer["steps"]] == ["through second", "through sum", "gradient"]
    assert answer["steps"][-1]["value"] == pytest.approx(answer["value"], rel=1e-4)
    assert "score of class 3" in answer["kind"]


def test_a_training_step_of_one_weight(ask, server, drawn):
    assert "no loss" in ask("weight_step", class_index=1)["error"]
    model = server.network.model
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    answer = ask("weight_step", class_index=1, weight="second/kernel", index=[0, 1, 2, 3])
    whole = gradients(model, drawn, np.array([1])).weights["second/kernel"]
    assert answer["gradient"]["value"] == pytest.approx(float(whole[0, 1, 2, 3]), rel=1e-4)
    assert answer["update"]["steps"][-1]["name"] == "the new weight"
    answer = ask("weight_step", class_index=1)
    assert answer["weight"] == "first/kernel" and len(answer["at"]) == 4


@pytest.mark.parametrize("kind", ["Dropout", "GaussianNoise"])
def test_a_training_step_drops_the_same_in_each_start_of_the_studio(kind):
    """And leaves the random numbers of the network as they were."""
    found, weights = [], None
    for _ in range(2):
        noise = [getattr(keras.layers, kind)(0.5) for _ in range(2)]
        dense = [keras.layers.Dense(n, name=f"dense_{n}") for n in (12, 10)]
        layers = [keras.layers.Flatten(), noise[0], dense[0], noise[1], dense[1]]
        model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
        weights = weights or model.get_weights()
        model.set_weights(weights)
        model.compile(keras.optimizers.SGD(), keras.losses.SparseCategoricalCrossentropy(True))
        before = [v.numpy() for v in model.variables if "seed" in v.path]
        with opened(ServerState(model, "a test")) as ask:
            ask("draw", picture=picture(one()))
            answer = ask("weight_step", class_index=1, weight="dense_12/kernel", index=[300, 2])
            found.append((answer["loss"], answer["gradient"]["value"]))
        after = [v.numpy() for v in model.variables if "seed" in v.path]
        assert len(before) == 2 and np.array_equal(before, after)
    assert found[0] == found[1]


def test_channels_switched_off(ask, server, drawn):
    answer = ask("ablation", channels={"second": [0, 2]})
    expected = ablate(server.network.model, drawn, {"second": [0, 2]})
    np.testing.assert_allclose(answer["after"], expected.after[0], rtol=1e-5)
    np.testing.assert_allclose(answer["before"], expected.before[0], rtol=1e-5)
    answer = ask("ablated_accuracy", channels={"second": [0, 1, 2, 3]})
    x, y = server.test_images("mnist").pixels[:1000], server.test_images("mnist").labels[:1000]
    found = ablate(server.network.model, x, {"second": [0, 1, 2, 3]}, y)
    assert answer["after"] == found.accuracy_after and answer["before"] == found.accuracy_before


@pytest.mark.parametrize(
    ("message", "fields", "reason"),
    [
        ("number", {"layer": "nothing"}, "no layer 'nothing'"),
        ("number", {"layer": "second", "row": 28}, "out of bounds|nothing at"),
        ("number", {"layer": "scores", "column": 10}, "nothing at"),
        ("number", {"layer": "second", "row": -1}, "whole number"),
        ("backward", {"class_index": 10}, "10 classes"),
        ("ablation", {"channels": {"nothing": [0]}}, "No layer"),
        ("ablation", {"channels": {"second": [4]}}, "4 channels"),
        ("ablation", {"channels": [1]}, "an object"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(ask, drawn, message, fields, reason):
    import re

    assert re.search(reason, ask(message, **fields)["error"])


def test_without_a_drawing(ask):
    for message, fields in {
        "number": {"layer": "first"},
        "backward": {"class_index": 0},
        "weight_step": {"class_index": 0},
        "ablation": {"channels": {}},
    }.items():
        assert "no loss" in (e := ask(message, **fields)["error"]) or "Draw something" in e
