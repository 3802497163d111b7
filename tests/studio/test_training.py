"""Watch it learn: a training that a page starts, pauses, steps, stops and looks back over."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from minicnn.analysis import activations, gradients
from minicnn.examples.small_convnet import Images
from minicnn.studio import drawing, training_run
from minicnn.studio.answers import training
from tests.studio.conftest import ONE, answer_is, draw, one, opened, picture

SETTINGS = {
    "dataset": "mnist",
    "layers": ["conv 8", "max pooling", "dense 32"],
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 20,
    "epochs": 3,
    "images": 100,
}


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    """Two kinds of noise that are easy to tell apart, instead of the real images."""

    def load(dataset, limit):
        rng = np.random.default_rng(3)
        labels = rng.integers(2, size=limit)
        pixels = rng.random((limit, 28, 28, 1), "float32") * (
            0.3 + 0.7 * labels[:, None, None, None]
        )
        return Images(pixels, labels), Images(pixels[:50], labels[:50])

    monkeypatch.setattr(training_run, "load", load)


def state(ask):
    return ask("run_choices")["run"]


def wait_for(ask, *states):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        now = state(ask)
        if now["state"] in states:
            return now
        time.sleep(0.02)
    raise AssertionError(now)


def run_of(server):
    (page,) = server.pages
    return page.kept["run"]


def test_a_training_with_its_curves_and_epochs(ask, server):
    assert ask("run_choices")["run"] is None
    started = ask("run_start", **SETTINGS)
    assert started["steps"] == 15 and started["kept"] == 0
    done = wait_for(ask, "done")
    run = run_of(server)
    assert (done["step"], done["epoch"], done["kept"]) == (15, 3, 3)
    assert list(done["measured"][:, 0]) == [0, 5, 10, 15]
    for epoch, (_, loss, accuracy) in enumerate(done["measured"]):
        run.viewer.set_weights(run.weights[epoch])
        found = run.viewer.evaluate(*run.test, verbose=0, return_dict=True)
        assert found["loss"] == pytest.approx(loss, rel=1e-4)
        assert found["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert done["measured"][-1, 1] < 0.5 * done["measured"][0, 1]
    assert list(done["learning"][:, 0]) == list(range(1, 16))
    assert done["learning"][-5:, 1].mean() < done["learning"][:5, 1].mean()


def test_the_curve_has_the_mean_of_the_steps_between_its_points(ask, server, monkeypatch):
    """Over an epoch the points together are what `fit` says of it, in uneven batches, too."""
    monkeypatch.setattr(training_run, "MOST_POINTS", 8)
    told = []
    after_epoch = training_run.TrainingRun.after_epoch
    monkeypatch.setattr(
        training_run.TrainingRun,
        "after_epoch",
        lambda run, logs: (told.append(dict(logs)), after_epoch(run, logs)),
    )
    ask("run_start", **{**SETTINGS, "batch_size": 30, "epochs": 4})
    curve = wait_for(ask, "done")["learning"]
    assert list(curve[:, 0]) == [2, 4, 6, 8, 10, 12, 14, 16]
    for epoch, logs in enumerate(told):
        points = curve[2 * epoch : 2 * epoch + 2]
        mean = np.array([60, 40]) @ points[:, 1:] / 100
        np.testing.assert_allclose(mean, [logs["loss"], logs["accuracy"]], rtol=1e-4)


def test_pause_step_go_stop(ask, server):
    ask("run_start", **{**SETTINGS, "epochs": 20})
    ask("run_control", do="pause")
    at = wait_for(ask, "paused")["step"]
    time.sleep(0.1)
    assert state(ask)["step"] == at < 100
    for more in (1, 2, 3):
        ask("run_control", do="step")
        end = time.monotonic() + 10
        while state(ask)["step"] < at + more and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05)
        assert state(ask)["step"] == at + more
    ask("run_control", do="go")
    wait_for(ask, "running", "done")
    ask("run_control", do="stop")
    stopped = wait_for(ask, "stopped", "done")
    assert stopped["step"] <= 100
    assert "over" in ask("run_control", do="go")["error"]


def test_a_look_at_each_epoch_is_what_the_analysis_says(ask, server):
    ask("draw", picture=picture(one()))
    ask("run_start", **SETTINGS)
    wait_for(ask, "done")
    run, drawn = run_of(server), drawing.treated(one())[None, ..., None]
    for epoch in (0, 2, None):
        answer = ask("run_view", **({} if epoch is None else {"epoch": epoch}))
        network = run.settings.network()
        network.set_weights(run.network.get_weights() if epoch is None else run.weights[epoch])
        found = activations(network, drawn)
        np.testing.assert_allclose(answer["probabilities"], found["scores"][0], rtol=1e-4)
        assert answer["picture_is"] == "your drawing"
        assert [m["name"] for m in answer["maps"]] == ["conv_1", "max_2", "dense_3", "scores"]
        first = answer["maps"][0]
        exact = np.moveaxis(found["conv_1"][0], -1, 0)
        shown = first["values"] * first["largest"][:, None, None] / 127
        assert np.abs(shown - exact).max() <= np.abs(exact).max() / 200
        kernel = network.get_layer("conv_1").kernel.numpy()[:, :, 0]
        np.testing.assert_allclose(
            answer["filters"]["largest"], np.abs(kernel).max((0, 1)), rtol=1e-5
        )
        exact = gradients(network, run.training.pixels[:32], run.training.labels[:32]).weights
        exact = {path.removeprefix(f"{network.name}/"): g for path, g in exact.items()}
        for name, norm in answer["gradients"].items():
            assert norm == pytest.approx(np.linalg.norm(exact[f"{name}/kernel"]), rel=1e-3)
        assert set(answer["gradients"]) == {"conv_1", "dense_3", "scores"}
    assert "0 to 3 are kept" in ask("run_view", epoch=4)["error"]


def test_draw_with_the_network_of_an_epoch(ask, server):
    (own,) = server.pages
    ask("run_start", **SETTINGS)
    wait_for(ask, "done")
    answer = ask("run_use", epoch=1)["network"]
    assert answer["is_shared"] is False and "after epoch 1" in answer["source"]
    for now, kept in zip(own.model.get_weights(), run_of(server).weights[1], strict=True):
        assert (now == kept).all()
    assert ask("draw", picture=picture(one()))["probabilities"].shape == (10,)


@pytest.mark.parametrize(
    "layers",
    [
        [],
        ["dense 64", "dropout", "dense 32"],
        ["batch normalization", "conv 8", "average pooling"],
        ["max pooling"] * 7 + ["conv 32"],
        ["dropout", "max pooling", "batch normalization", "dense 32", "batch normalization"],
    ],
)
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_networks_of_many_kinds(ask, layers, optimizer):
    settings = {**SETTINGS, "layers": layers, "optimizer": optimizer, "epochs": 1}
    ask("run_start", **settings)
    wait_for(ask, "done")
    view = ask("run_view")
    assert view["filters"]["values"].size and view["probabilities"].sum() == pytest.approx(1)


def test_batch_normalization_is_measured_rightly_after_a_short_training(ask, server):
    """Its moving averages have left their start after a few dozen steps."""
    layers = ["conv 8", "batch normalization", "max pooling"]
    ask("run_start", **{**SETTINGS, "layers": layers, "images": 600, "epochs": 1})
    wait_for(ask, "done")
    run = run_of(server)
    into = activations(run.network, run.training.pixels[:100], ["conv_1"])["conv_1"]
    moving = run.network.get_layer("batch_2").moving_variance.numpy()
    np.testing.assert_allclose(moving, into.var((0, 1, 2)), rtol=0.5, atol=0.05)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"layers": ["dense 32", "conv 8"]}, "needs a picture"),
        ({"layers": ["dense 32", "dropout", "max pooling"]}, "needs a picture"),
        ({"layers": ["conv 32", "dense 64"]}, "parameters; here it may have"),
        ({"layers": ["conv 32"] * 4, "batch_size": 512}, "million multiply-adds"),
        ({"layers": ["conv 7"]}, "one of"),
        ({"layers": ["dropout"] * 9}, "a list of at most 8"),
        ({"epochs": 21}, "whole number from 1 to 20"),
        ({"epochs": 0}, "whole number from 1 to 20"),
        ({"batch_size": 0}, "whole number"),
        ({"images": 10**6}, "whole number"),
        ({"learning_rate": float("inf")}, "number from"),
        ({"learning_rate": -1}, "number from"),
        ({"dataset": "imagenet"}, "'mnist', 'fashion-mnist'"),
        ({"optimizer": "magic"}, "'sgd'"),
    ],
)
def test_settings_that_cannot_be_get_a_sentence_and_start_nothing(ask, server, change, reason):
    assert reason in ask("run_start", **{**SETTINGS, **change})["error"]
    assert state(ask) is None


def test_without_a_training(ask):
    assert "No training" in ask("run_view")["error"]
    assert "No training" in ask("run_control", do="go")["error"]
    assert "No training" in ask("run_use")["error"]


def test_a_training_that_breaks_off_says_why(ask, monkeypatch):
    def load(*_):
        raise OSError("no such file")

    monkeypatch.setattr(training_run, "load", load)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    ask("run_start", **SETTINGS)
    assert wait_for(ask, "stopped")["problem"] == "The training broke off: no such file"
    assert ask("run_view")["loading"]


@pytest.mark.parametrize("paused", [False, True])
def test_closing_the_page_ends_and_frees_the_training(server, paused):
    with opened(server) as ask:
        ask("run_start", **{**SETTINGS, "epochs": 20, "images": 20_000, "batch_size": 1})
        wait_for(ask, "running")
        if paused:
            ask("run_control", do="pause")
            wait_for(ask, "paused")
        run = run_of(server)
    run.join(10)
    assert not run.is_alive() and run.step < run.steps
    found = weakref.ref(run.network)
    del run, ask
    gc.collect()
    assert found() is None


def test_a_second_training_takes_the_place_of_the_first(ask, server):
    ask("run_start", **{**SETTINGS, "epochs": 20, "images": 20_000, "batch_size": 1})
    first = run_of(server)
    ask("run_start", **SETTINGS)
    assert run_of(server) is not first
    assert wait_for(ask, "done")["steps"] == 15
    first.join(10)
    assert not first.is_alive()
    (page,) = server.pages
    assert page.on_close.count(run_of(server).end) == len(page.on_close) == 1


def test_not_too_many_trainings_at_once(ask, server, monkeypatch):
    monkeypatch.setattr(training, "MOST_RUNS", 1)
    with opened(server) as other:
        other("run_start", **{**SETTINGS, "epochs": 20, "images": 20_000, "batch_size": 1})
        assert "1 networks are being trained" in ask("run_start", **SETTINGS)["error"]
        other("run_control", do="stop")
        wait_for(other, "stopped")
        assert "error" not in ask("run_start", **SETTINGS)
    wait_for(ask, "done")


def test_drawings_are_answered_while_it_learns(ask):
    ask("run_start", **{**SETTINGS, "epochs": 20, "images": 20_000, "batch_size": 64})
    wait_for(ask, "running")
    times = []
    for _ in range(10):
        start = time.monotonic()
        assert ask("draw", picture=picture(one()))["empty"] is False
        times.append(time.monotonic() - start)
    assert state(ask)["state"] == "running"
    ask("run_control", do="stop")
    assert sorted(times)[5] < 0.5


def test_watch_it_learn(page, studio):
    draw(page, ONE)
    page.click("nav >> text=Watch it learn")
    for name, value in {"images": 100, "batch": 20, "epochs": 3, "rate": 0.01}.items():
        page.fill(f"[name={name}]", str(value))
    page.click("[aria-label='Remove layer 4, max pooling']")
    page.select_option("[data-add]", "dense 32")
    assert "stack=conv+8%2C" in page.url.replace(",", "%2C") and "rate=0.01" in page.url
    page.click("button.main")
    page.wait_for_selector(".run-words:has-text('Done')")
    page.wait_for_selector("output:has-text('now (step 15)')")
    assert page.locator(".measured-dot").count() == 8
    assert page.locator(".run-filters canvas").count() == 8
    assert page.locator(".run-gradients li").count() == 4
    page.wait_for_selector(".run-answer:has-text('For your drawing it says')")
    page.focus("#epoch")
    page.keyboard.press("Home")
    page.wait_for_selector("output:has-text('the random start')")
    page.click("text=Draw with it")
    page.wait_for_selector("[data-map=conv_1]")
    assert "after epoch 0" in page.get_attribute("[data-network]", "title")
    page.click("[data-do=use-shared]")
    page.wait_for_selector("[data-map=conv2d]")
    answer_is(page, 1)
    assert page.get_attribute("[data-network]", "title") == studio.server.network.source
    assert page.is_hidden("[data-do=use-shared]")


def test_pause_and_step_by_hand(page):
    page.evaluate("location.hash = 'view=train&images=20000&batch=20&stack=dense 32'")
    page.click("button.main")
    page.click("[data-run=pause]")
    page.wait_for_selector(".run-words:has-text('Paused')")
    words = page.inner_text(".run-words")
    step = int(words.split("step ")[1].split()[0])
    page.click("[data-run=step]")
    page.wait_for_selector(f".run-words:has-text('Paused · step {step + 1} ')")
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('[data-run=step]').click()")
    page.wait_for_selector(f".run-words:has-text('Paused · step {step + 4} ')")
    page.click("text=Go on")
    page.wait_for_selector(".run-words:has-text('Learning')")
    page.click("[data-run=stop]")
    page.wait_for_selector(".run-words:has-text('Stopped')")


def test_a_network_that_cannot_be_is_said(page):
    page.evaluate("location.hash = 'view=train&stack=dense 32,conv 8'")
    page.click("button.main")
    page.wait_for_selector("[data-notice]:has-text('needs a picture')")
