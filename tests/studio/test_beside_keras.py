"""Measured errors, and the drawing through real Keras in a process of its own."""

import shutil

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.studio.answers import keras as answers
from minicnn.studio.beside_keras import process
from minicnn.studio.beside_keras.comparison import Comparison
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
    assert event["event"] == "beside_keras" and event["missing"] == []
    assert [row["name"] for row in event["layers"]] == "first second sum flat scores".split()
    for row in event["layers"]:
        assert row["forward"] < bound(small_model()) and row["backward"] < bound(small_model())
    assert event["input"]["backward"] < bound(small_model())


def bound(model):
    """What float32 explains: the roundings of all products behind one score add up like chance."""
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    products = sum(np.prod(kernel.shape[:-1]) for kernel in kernels)
    return 2 * np.finfo("float32").eps * np.sqrt(products)


def mirrored(pooling, *more):
    """A network in which numbers tie: mirrored pictures and kernels, the middle in one window.

    Mirrored sums have the same products in another order, so they differ by rounding.
    """
    keras.utils.set_random_seed(1)
    convs = [layers.Conv2D(16, 3, name="first"), layers.Conv2D(8, 3, name="conv")]
    parts = [keras.Input((28, 30, 1)), *convs, *more, pooling, layers.Flatten(), layers.Dense(10)]
    model = keras.Sequential(parts)
    for conv in convs:
        kernel = conv.kernel.numpy()
        conv.kernel.assign((kernel + kernel[:, ::-1]) / 2)
    half = np.random.default_rng(1).random((1, 28, 15, 1)).astype("float32")
    return model, np.concatenate([half, half[:, :, ::-1]], axis=2)


TIED = {
    "max pooling": lambda: mirrored(layers.MaxPooling2D(2, name="tied")),
    "overlapping": lambda: mirrored(layers.MaxPooling2D(3, strides=1, name="tied")),
    "global": lambda: mirrored(layers.GlobalMaxPooling2D(name="tied")),
    "behind a ReLU": lambda: mirrored(
        layers.MaxPooling2D(2, name="tied"), layers.ReLU(), layers.Conv2D(8, 1, name="second")
    ),
    "behind an activation": lambda: mirrored(
        layers.MaxPooling2D(2, name="tied"), layers.Conv2D(8, 1, activation="relu", name="second")
    ),
}


def beside(model, x, path, planted=None):
    """The comparison; Keras gets a weight changed by a hundredth, if one is planted."""
    if planted is not None:
        before = planted.numpy()
        weighs = answers.record_gradients(model, x, None, "test").weights[planted.path] * before
        other = before.copy()
        other[np.unravel_index(abs(weighs).argmax(), before.shape)] *= 1.01
        planted.assign(other)
    model.save(path)
    if planted is not None:
        planted.assign(before)
    found = answers.record_gradients(model, x, None, "test")
    return answers.compared(found, path, x)


@installed
@pytest.mark.parametrize("name", TIED)
def test_what_ties_up_to_rounding_is_named_and_left_out(name, tmp_path, real):
    model, x = TIED[name]()
    found = beside(model, x, str(tmp_path / "network.keras"))
    sizes = [n for row in found["layers"] for n in (row["forward"], row["backward"])]
    sizes = [n for n in [*sizes, found["input"]["backward"]] if n is not None]
    assert len(sizes) >= 2 * len(found["layers"]) - 1
    assert max(sizes) < bound(model), found
    (tie,) = found["ties"]
    assert tie["layer"] == "tied" and tie["what"] == "window" and 0 < tie["count"] <= 8 * 26
    before = found["layers"][found["layers"].index(row_of(found, "tied")) - 1]
    assert 2 <= before["left_out"] <= 4 * tie["count"]


def row_of(found, name):
    (row,) = [row for row in found["layers"] if row["name"] == name]
    return row


@installed
@pytest.mark.parametrize("weight", ["conv/kernel", "conv/bias", "second/kernel", "dense/kernel"])
def test_a_wrong_weight_in_keras_is_seen_beside_ties(weight, tmp_path, real):
    """Forward behind it, and backward in front of it where the gradient goes through the weight."""
    model, x = TIED["behind an activation"]()
    layer, kind = weight.split("/")
    layer = layer if layer != "dense" else model.layers[-1].name
    model.get_layer("conv").bias.assign(np.linspace(0.1, 0.2, 8))
    found = beside(model, x, str(tmp_path / "n.keras"), getattr(model.get_layer(layer), kind))
    names = [row["name"] for row in found["layers"]]
    behind, before = names[names.index(layer) :], names[: names.index(layer)]
    for name in behind:
        assert row_of(found, name)["forward"] > 2 * bound(model), name
    for name in before:
        assert row_of(found, name)["forward"] < bound(model), name
        if kind == "kernel" and layer != model.layers[-1].name:
            assert row_of(found, name)["backward"] > 2 * bound(model), name


def test_ties_without_keras():
    """The same with a second computation of ours, whose weights differ by a rounding."""
    seen = 0
    for name, make in TIED.items():
        model, x = make()
        own = answers.record_gradients(model, x, None, "test")
        score = int(own.recorded.prediction.numpy()[0].argmax())
        for seed in range(3):
            theirs = as_keras_says(rounded_otherwise(model, seed), x, score)
            plain = Comparison.__new__(Comparison)
            found = Comparison(own, x, theirs)
            plain.__dict__.update(found.__dict__, _reached={}, _input_reached=None)
            first = own.recorded.calls[0]
            assert found.row(first)["backward"] is None or found.row(first)["backward"] < 1e-5
            assert (plain.row(first)["backward"] > 1e-5) <= bool(found.ties), name
            seen += plain.row(first)["backward"] > 1e-3
    assert seen >= 5


def rounded_otherwise(model, seed):
    """A copy whose kernels differ by one part in ten million, as if sums were rounded otherwise."""
    copy = keras.models.clone_model(model)
    draws = np.random.default_rng(seed)
    copy.set_weights(
        [
            w * (1 + 1e-7 * draws.standard_normal(w.shape)).astype(w.dtype)
            for w in model.get_weights()
        ]
    )
    return copy


def as_keras_says(model, x, class_index):
    """What `worker.network` answers, by ourselves."""
    found = answers.record_gradients(model, x, None, "test", class_index)
    calls = found.recorded.calls
    return {
        "input": x,
        "outputs": {call.name: call.outputs[0].numpy() for call in calls},
        "to_input": found.of(found.recorded.inputs[0]),
        "gradients": {call.name: found.of(found.differentiated(call)) for call in calls},
    }


@installed
def test_other_weights_in_keras_would_show(tmp_path, real):
    model, x = small_model(), np.random.default_rng(0).random((1, 28, 28, 1), dtype="float32")
    for weight in model.trainable_weights:
        found = beside(model, x, str(tmp_path / "network.keras"), weight)
        behind = row_of(found, weight.path.split("/")[0])
        assert behind["forward"] > 1e-4 or not weight.numpy().any(), weight.path


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
    assert shown == ["drawing", *names]
    assert "–" not in "".join(
        page.locator("[data-layer-difference] td:last-child").all_inner_texts()
    )
    assert "the largest difference is" in page.inner_text(".keras-words")
    page.set_viewport_size({"width": 390, "height": 500})
    page.mouse.wheel(0, 20_000)  # more layers come into sight: the same drawing with more maps
    page.wait_for_selector(".layer:last-child:not(.blank)")
    page.wait_for_timeout(300)
    assert "the largest difference is" in page.inner_text(".keras-words")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("scrollTo(0, 0)")
    draw(page, ((0.3, 0.6), (0.7, 0.6)))
    page.wait_for_selector(".keras-words:has-text('The drawing has changed since')")
