"""Measured errors, and the drawing through real Keras in a process of its own."""

import shutil

import numpy as np
import pytest

import minicnn as keras
from minicnn.studio.answers import keras as answers
from minicnn.studio.beside_keras import process
from minicnn.studio.lessons import errors
from minicnn.studio.lessons.topics import topics
from tests.studio.conftest import SEVEN, answer_is, draw, one, picture, received, small_model

OWN_LAYERS = [t.name for t in topics().values() if t.group == "Layers"]
installed = pytest.mark.skipif(process.missing() is not None, reason="real Keras is missing")


@pytest.fixture(scope="module")
def real():
    """The process with real Keras, ended after these tests."""
    yield process.KERAS
    process.KERAS.close()


def answer_and_event(ask, type, **fields):
    """The answer to a message and the event that follows, in whichever order they come."""
    ask.socket.send_json({"id": 1000, "type": type, **fields})
    return sorted([received(ask.socket), received(ask.socket)], key=lambda m: "event" in m)


@pytest.mark.parametrize("name", OWN_LAYERS)
def test_errors_are_measured_against_float64(name):
    before = keras.config.backend()
    found = errors.measured(topics()[name])
    assert keras.config.backend() == before
    assert "numpy" in found["columns"]
    assert {array.dtype for array in found["truth"].values()} == {np.dtype("float64")}
    for row in found["rows"].values():
        assert set(row) == set(found["columns"])
        assert all(0 <= error < 1e-5 for error in row.values())


def test_a_difference_is_in_parts_of_the_largest_number():
    assert errors.error(np.array([1.0, 4.5]), np.array([2.0, 4.0])) == 0.25
    assert errors.error(np.zeros(2), np.zeros(2)) == 0


def test_without_keras_a_sentence_says_so(ask, monkeypatch):
    monkeypatch.setattr(process, "NEEDED", ("no_such_library",))
    ask("draw", picture=picture(one()))
    answer = ask("beside_keras")
    assert answer["asked"] is False and "not installed" in answer["why_not"]
    _, event = answer_and_event(ask, "lesson_error", topic="dense")
    assert event["event"] == "keras_error" and "not installed" in event["why_not"]


def test_without_a_drawing_there_is_nothing_to_compare(ask):
    if process.missing() is None:
        assert "Draw something" in ask("beside_keras")["error"]


@installed
def test_the_same_drawing_goes_through_keras_with_the_same_weights(ask, real):
    ask("draw", picture=picture(one()))
    answer, event = answer_and_event(ask, "beside_keras")
    assert answer["asked"] is True
    assert event["event"] == "beside_keras" and event["left_out"] == []
    assert [row["name"] for row in event["layers"]] == "first second sum flat scores".split()
    for row in event["layers"]:
        assert row["forward"] < 1e-5 and row["backward"] < 1e-5
    assert event["input"] < 1e-5


@installed
def test_other_weights_in_keras_would_show(tmp_path, real):
    model, x = small_model(), np.random.default_rng(0).random((1, 28, 28, 1), dtype="float32")
    path = str(tmp_path / "network.keras")
    model.save(path)
    weights = model.get_layer("second").kernel
    weights.assign(weights.numpy() * 1.01)
    found = answers.record_gradients(model, x, None, "test")
    rows = {row["name"]: row for row in answers.compared(found, path, x)["layers"]}
    assert rows["first"]["forward"] < 1e-5 < 1e-4 < rows["second"]["forward"]
    assert rows["first"]["backward"] > 1e-4


@installed
def test_keras_gives_the_errors_of_every_layer_that_draws_no_numbers(real):
    for name in OWN_LAYERS:
        topic = topics()[name]
        found = errors.measured(topic)
        if name == "dropout":
            with pytest.raises(ValueError, match="random numbers"):
                errors.beside_keras(topic, found)
            continue
        theirs = errors.beside_keras(topic, found)
        assert set(theirs) == set(found["truth"])
        assert max(theirs.values()) < 1e-5, name


@installed
def test_what_keras_refuses_becomes_a_sentence(real):
    with pytest.raises(ValueError, match="Keras could not answer"):
        real.ask("network", path="missing.keras", x=np.zeros(1), class_index=0)


def test_a_process_that_ends_too_early_becomes_a_sentence(monkeypatch):
    monkeypatch.setattr(process, "NEEDED", ())
    monkeypatch.setattr(process.sys, "executable", shutil.which("true"))
    mine = process.KerasProcess()
    for _ in range(2):
        with pytest.raises(ValueError, match="ended too early"):
            mine.ask("network")
    assert mine._process is None


@installed
def test_the_panel_shows_a_row_for_each_layer(page, studio, real):
    draw(page, SEVEN)
    answer_is(page, 7)
    page.click("[data-panels] nav >> text=Beside Keras")
    page.wait_for_selector("[data-layer-difference]", timeout=60_000)
    names = [layer["name"] for layer in studio.server.network.description.layers]
    rows = page.locator("[data-layer-difference]")
    shown = [rows.nth(i).get_attribute("data-layer-difference") for i in range(rows.count())]
    assert shown == ["input", *names]
    assert "–" not in "".join(
        page.locator("[data-layer-difference] td:last-child").all_inner_texts()
    )
    assert "the largest difference is" in page.inner_text(".keras-words")
