"""Draw, and see what the network says: messages and the page."""

import numpy as np
import pytest

from minicnn.analysis import activations
from minicnn.studio import drawing
from tests.studio.conftest import ONE, SEVEN, answer_is, draw, one, picture


def test_the_network_is_described_with_its_branches(ask, server):
    network = ask("hello")["network"]
    assert [layer["name"] for layer in network["layers"]] == "first second sum flat scores".split()
    sources = {layer["name"]: layer["sources"] for layer in network["layers"]}
    assert sources["first"] == ["input"]
    assert sources["sum"] == ["first", "second"]
    assert network["parameters"] == server.model.count_params()
    assert [layer["parameters"] for layer in network["layers"]] == [40, 148, 0, 0, 31370]


@pytest.mark.parametrize("treatment", [True, False])
def test_an_answer_is_what_the_network_gives_for_what_it_sees(ask, server, treatment):
    answer = ask("draw", picture=picture(one()), treatment=treatment)
    seen = (drawing.treated if treatment else drawing.untreated)(one())
    found = activations(server.model, seen[None, ..., None])
    np.testing.assert_allclose(answer["probabilities"], found["scores"][0], rtol=1e-5)
    assert answer["seen"].shape == (28, 28) and answer["seen"].max() == round(255 * seen.max())
    for name, layer in answer["maps"].items():
        maps = layer["values"] * layer["largest"][:, None, None] / 127
        exact = found[name][0]
        exact = np.moveaxis(exact, -1, 0) if exact.ndim == 3 else exact[None, None]
        assert np.abs(maps - exact).max() <= np.abs(exact).max() / 200


def test_an_empty_canvas_has_no_answer(ask):
    assert ask("draw", picture=picture(one()))["empty"] is False
    answer = ask("draw", picture=picture(np.zeros((112, 112))))
    assert answer == {"id": 2, "type": "draw", "empty": True}


def test_only_the_layers_that_are_asked_for_are_sent(ask):
    answer = ask("draw", picture=picture(one()), layers=["second"], channels=2)
    assert list(answer["maps"]) == ["second"]
    assert answer["maps"]["second"]["values"].shape == (2, 28, 28)
    assert answer["maps"]["second"]["channels"] == 4


def test_a_stroke_moves_the_bars(page):
    assert page.locator("[data-guess]").inner_text() == "No answer yet"
    draw(page, SEVEN)
    answer_is(page, 7)
    assert page.locator("[data-bars] .best").get_attribute("data-class") == "7"
    page.click("[data-do=clear]")
    page.wait_for_selector("[data-guess].none")
    page.click("[data-do=undo]")
    answer_is(page, 7)
    page.click("[data-do=clear]")
    draw(page, ONE)
    answer_is(page, 1)
