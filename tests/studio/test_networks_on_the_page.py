"""The page with other networks: an MLP, branches, one that it cannot draw for, one that learns."""

import numpy as np
import pytest

import minicnn as keras
from minicnn.saving import load_model
from minicnn.studio import first_training
from minicnn.studio.running import server_state
from tests.studio.conftest import SEVEN, Studio, draw, watched_page
from tests.studio.test_models import nested, residual, sequential, two_inputs


@pytest.fixture
def show(browser):
    """Opens the page on a network."""
    opened = []

    def show(model):
        studio = Studio(server_state(model)[0] if isinstance(model, keras.Model) else model)
        context = browser.new_context(viewport={"width": 1280, "height": 3000})
        watched = watched_page(context, studio.address)
        opened.append((studio, context, watched))
        return watched.__enter__()

    yield show
    for studio, context, watched in opened:
        watched.__exit__(None, None, None)
        context.close()
        studio.end()


def saved_by_keras(keras, folder):
    layers = keras.layers
    theirs = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10)]
    )
    theirs.save(folder / "theirs.keras")
    return load_model(folder / "theirs.keras")


@pytest.mark.parametrize(
    ("make", "lanes"),
    [
        (lambda: sequential((784,), keras.layers.Dense(32, activation="relu")), 1),
        (residual, 2),
        (nested, 2),
        (lambda: sequential((32, 32, 3)), 1),
    ],
    ids=["MLP", "residual", "nested", "colours"],
)
def test_every_layer_is_shown_and_branches_are_drawn(show, make, lanes):
    model = make()
    page = show(model)
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    page.wait_for_function("() => !document.querySelector('.layer.blank')")
    names = page.locator(".layer h3").all_inner_texts()
    assert len(names) == len(set(names)) >= len(model.layers)
    places = page.evaluate(
        "[...document.querySelectorAll('.gutter line')].map((line) => line.getAttribute('x1'))"
    )
    assert len(set(places)) == lanes


def test_a_flat_picture_is_shown_as_a_picture(show):
    """And the first number that is followed is one with weights."""
    page = show(sequential((28, 28, 1), keras.layers.Flatten(name="flat")))
    draw(page, SEVEN)
    page.wait_for_function("() => !document.querySelector('.layer.blank')")
    pixels = (
        "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data)"
        ".filter((_, i) => i % 4 === 0)"
    )
    one, other = ((f"[data-layer={n}] canvas") for n in ("input", "flat"))
    ours, theirs = (np.array(page.locator(name).evaluate(pixels)) for name in (one, other))
    assert page.locator(other).evaluate("canvas => [canvas.width, canvas.height]") == [28, 28]
    assert np.abs(ours - theirs).max() < 4
    page.click("[data-panels] nav >> text=Follow one number")
    page.wait_for_selector("[data-panel=number] .number-title:has-text('dense')")


def test_a_network_that_keras_saved_is_shown(show, keras, tmp_path):
    page = show(saved_by_keras(keras, tmp_path))
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    assert page.locator(".layer").count() == 4
    assert "the bars are their softmax" in page.locator(".verdict").inner_text()  # of logits


def test_why_it_cannot_draw_for_a_network_is_said(show):
    page = show(two_inputs())
    page.wait_for_selector("[data-notice]:not([hidden])")
    assert "has 2 inputs; the page draws for one" in page.locator("[data-notice]").inner_text()


def test_a_network_is_watched_while_it_learns(show, monkeypatch):
    monkeypatch.setattr(first_training, "IMAGES", 128 * 30)
    server, _ = server_state(first_training.untrained_model())
    training = first_training.FirstTraining(server)
    page = show(server)
    assert "starting to learn" in page.locator("[data-words]").inner_text()
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    before = page.locator("[data-bars]").inner_text()
    training.start()
    page.wait_for_selector("text=The network is learning")
    page.wait_for_selector("[data-learning]", state="hidden")
    page.wait_for_function(
        "before => document.querySelector('[data-bars]').innerText !== before", arg=before
    )
    training.join(10)
    assert server.learning is None and not training.is_alive()


LANES = """async (graphs) => {
    const { lanesOf } = await import("/page/graph.js");
    return graphs.map((rows) => lanesOf(rows));
}"""


def test_lines_between_layers_lead_from_each_to_those_that_take_its_output(page):
    rng = np.random.default_rng(3)
    graphs = []
    for _ in range(200):
        count = int(rng.integers(1, 14))
        rows = [{"name": "0", "sources": []}]
        for i in range(1, count):
            sources = rng.choice(i, min(i, int(rng.integers(1, 4))), replace=False)
            rows.append({"name": str(i), "sources": [str(s) for s in sources]})
        graphs.append(rows)
    for graph, drawn in zip(graphs, page.evaluate(LANES, graphs), strict=True):
        rows = drawn["rows"]
        lines = {}  # by lane: where the line that is there began
        found = set()
        for i, row in enumerate(rows):
            assert sorted(set(row["passing"]) | set(row["entering"])) == sorted(lines)
            assert not set(row["passing"]) & {*row["entering"], row["lane"], *row["leaving"]}
            found |= {(lines.pop(lane), i) for lane in row["entering"]}
            assert not set(row["leaving"]) & set(lines)
            lines |= dict.fromkeys(row["leaving"], i)
        assert not lines
        edges = {(int(s), i) for i, row in enumerate(graph) for s in row["sources"]}
        assert found == edges
        assert max(lane for row in rows for lane in [row["lane"], *row["leaving"]]) < drawn["count"]


def mlp(*units):
    layers = [keras.layers.Dense(n, activation="relu", name=f"hidden_{n}") for n in units]
    return sequential((28, 28, 1), keras.layers.Flatten(name="flat"), *layers)


FRAMES = """name => {
    const maps = document.querySelector(`[data-layer=${name}] .maps`);
    const box = maps.querySelector("canvas").getBoundingClientRect();
    const { width, height } = maps.querySelector("canvas");
    return [...maps.querySelectorAll(".frame-on-map")].map((frame) => {
        const own = frame.getBoundingClientRect();
        const [y, x] = [height / box.height, width / box.width];
        return [(own.top - box.top) * y, (own.left - box.left) * x, own.height * y, own.width * x];
    });
}"""


def test_units_light_up_as_pixels_do(show):
    page = show(mlp(100, 12))
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    link = "async (values) => (await import('/page/address.js')).address.set(values)"
    for layer, unit, frames in (
        ("hidden_100", 37, {"flat": [0, 0, 28, 28], "hidden_100": [3, 7, 1, 1]}),
        ("hidden_12", 5, {"hidden_100": [0, 0, 10, 10], "hidden_12": [0, 5, 1, 1]}),
    ):
        page.evaluate(link, {"panel": "number", "layer": layer, "pixel": f"0,{unit}"})
        page.wait_for_selector(f"[data-layer={layer}] .frame-on-map.own")
        for name, sides in frames.items():
            (found,) = page.evaluate(FRAMES, name)
            assert np.allclose(found, sides, atol=0.25), (layer, name, found)


def test_frames_stay_when_the_maps_are_painted_after_them(show):
    """The number's answer may come before the picture of the drawing's answer."""
    page = show(mlp(100, 12))
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    page.evaluate("() => { window.requestAnimationFrame = (paint) => setTimeout(paint, 700); }")
    link = "async (values) => (await import('/page/address.js')).address.set(values)"
    page.evaluate(link, {"panel": "number", "layer": "hidden_12", "pixel": "0,5"})
    page.wait_for_selector("[data-layer=hidden_12] .frame-on-map.own")
    page.wait_for_timeout(1000)
    assert page.locator(".frame-on-map.own").count() == 1
    assert page.locator("[data-layer=hidden_100] .frame-on-map.field").count() == 1
    assert page.locator("[data-layer=hidden_12] canvas").count() == 1


def test_all_units_of_a_dense_layer_can_be_switched_off(show):
    page = show(mlp(300, 100))
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    page.click("[data-panels] nav >> text=Switch channels off")
    page.wait_for_selector("[data-switch='hidden_100:99']")
    assert page.locator("[data-switch^='hidden_300:']").count() == 256
    assert "the first 256 of 300 units" in page.locator(".switches").inner_text()
    assert page.locator(".switches .why").count() == 1
    page.click("[data-switch='hidden_100:99']")
    page.wait_for_selector("[data-switch='hidden_100:99'][aria-pressed=true]")


def test_the_gradient_to_the_drawing_stands_among_those_to_the_layers(show):
    page = show(mlp(20))
    draw(page, SEVEN)
    page.wait_for_selector("[data-guess] strong")
    page.click("[data-panels] nav >> text=Look backwards")
    page.wait_for_selector("[data-gradients] [data-layer=input]:not(.blank) .range:not(:empty)")
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data]"
    ours = page.locator("[data-gradients] [data-layer=input] canvas").evaluate(pixels)
    assert ours == page.locator("[data-picture=Saliency] canvas").evaluate(pixels)
