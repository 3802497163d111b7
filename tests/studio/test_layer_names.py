"""Layers with any name: one called `input`, as the drawing is, and ones with unusual signs."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.analysis import activations, explain_gradient, regions_before
from minicnn.studio.answers import keras as beside
from minicnn.studio.beside_keras import process
from minicnn.studio.server_state import ServerState
from tests.studio.conftest import ONE, Studio, draw, one, opened, picture, watched_page


def network(*names):
    """A convolution, a pooling and a dense layer with these names."""
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(3, 3, padding="same", name=names[0])(inputs)
    x = layers.MaxPooling2D(2, name=names[1])(x)
    return keras.Model(inputs, layers.Dense(10, name=names[2])(layers.Flatten()(x)))


TAKEN = [
    ("input", "pool", "scores"),
    ("conv", "input", "scores"),
    ("conv", "pool", "input"),
    ("input", "model input", "scores"),
]


@pytest.mark.parametrize("names", TAKEN, ids="-".join)
def test_a_layer_called_input_is_not_the_drawing(names):
    with opened(ServerState(network(*names), "a test")) as ask:
        described = ask("hello")["network"]
        own = described["input_name"]
        assert own not in {layer["name"] for layer in described["layers"]}
        assert described["layers"][0]["sources"] == [own]
        assert described["layers"][1]["sources"] == [names[0]]
        ask("draw", picture=picture(one()))
        first = ask("number", layer=names[0], channel=1, row=9, column=14)
        assert first["regions"] == {own: [[8, 11], [13, 16]]}
        assert first["groups"][0]["source"] == own
        second = ask("number", layer=names[1], channel=1, row=4, column=7)
        assert second["regions"] == {own: [[7, 11], [13, 17]], names[0]: [[8, 10], [14, 16]]}
        assert second["groups"][0]["source"] == names[0]
        found = ask("backward", class_index=3)
        assert set(found["maps"]) == {layer["name"] for layer in described["layers"]}
        to_layer = ask("gradient_number", class_index=3, layer=names[0], row=9, column=14)
        assert to_layer["steps"][0]["name"] == f"through {names[1]}"
        to_drawing = ask("gradient_number", class_index=3, layer=own, row=9, column=14)
        assert to_drawing["steps"][0]["name"] == f"through {names[0]}"


@pytest.mark.parametrize("names", TAKEN, ids="-".join)
def test_the_analysis_tells_them_apart(names):
    model, x = network(*names), np.random.default_rng(0).random((1, 28, 28, 1), "float32")
    found = activations(model, x)
    assert found.sources[names[1]] == [names[0]] and found.sources[names[0]] != [names[0]]
    before = regions_before(model, names[1])
    assert before[names[0]].input_shape == (28, 28, 3) and len(before) == 2
    explained = explain_gradient(model, x, layer=names[0], class_index=1, index=(5, 5, 0))
    assert "through " + names[1] in str(explained)
    assert "through " + names[0] in str(explain_gradient(model, x, class_index=1, index=(5, 5, 0)))


@pytest.mark.skipif(process.missing() is not None, reason="real Keras is missing")
def test_a_layer_called_input_beside_keras(tmp_path):
    model, x = network("input", "pool", "scores"), np.ones((1, 28, 28, 1), "float32")
    x *= np.random.default_rng(0).random(x.shape, "float32")
    model.save(tmp_path / "n.keras")
    try:
        found = beside.record_gradients(model, x, None, "test")
        found = beside.compared(found, str(tmp_path / "n.keras"), x)
    finally:
        process.KERAS.close()
    assert found["layers"][0]["name"] == "input"
    assert all(row["forward"] < 1e-5 and row["backward"] < 1e-5 for row in found["layers"])
    assert found["input"]["backward"] < 1e-5


def test_such_layers_on_the_page(browser):
    """Also names with signs that mean something in HTML, CSS and addresses."""
    names = ("input", 'a "b" <c>;d:1,2', "e&f=g#h%i")
    studio = Studio(ServerState(network(*names), "a test"))
    context = browser.new_context(viewport={"width": 1280, "height": 2000})
    with watched_page(context, studio.address) as page:
        draw(page, ONE)
        page.wait_for_function("() => !document.querySelector('.layer.blank')")
        shown = page.locator(".layer h3").all_inner_texts()
        assert shown == ["model input", *names[:2], "flatten", names[2]]
        page.click("[data-layer='input'] canvas >> nth=1")
        page.wait_for_selector(".chosen-map:has-text('input, channel 1')")
        page.click("[data-panels] nav >> text=Follow one number")
        page.wait_for_selector("[data-panel=number] .window")
        assert page.locator("[data-layer='model input'] .frame-on-map.field").count() == 1
        page.click("[data-panels] nav >> text=Switch channels off")
        page.click("[data-switch='input:1']")
        page.wait_for_selector("[data-switch='input:1'][aria-pressed=true]")
        assert page.locator("[aria-pressed=true]").count() == 1
        page.click("[data-panels] nav >> text=Look backwards")
        page.wait_for_selector("[data-panel=backward] .weight-step .number-title:not(:empty)")
        again = context.new_page()
        again.goto(page.url)
        again.wait_for_selector("[data-panel=backward] .steps")
    context.close()
    studio.end()
