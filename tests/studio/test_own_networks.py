"""Each page looks at a network of its own, or shares the one that the studio was started with."""

import contextlib
import gc
import time
import weakref

import numpy as np
import pytest

import minicnn as keras
from minicnn.studio.shown_network import ShownNetwork
from tests.studio.conftest import answer_is, draw, one, opened, picture, small_model, watched_page

ONE = ((0.5, 0.2), (0.5, 0.8))


def another(shape, name):
    """A network that takes pictures of this shape."""
    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(10, name=name)]
    return ShownNetwork(keras.Sequential(layers), f"the network with {name}")


def page_of(server, *others):
    """The page of a server that is none of the others."""
    (found,) = server.pages - set(others)
    return found


@contextlib.contextmanager
def two_pages(server):
    """Two open pages: how to ask, and the state of each."""
    with opened(server) as ask:
        first = page_of(server)
        with opened(server) as other:
            yield (ask, first), (other, page_of(server, first))


def test_two_pages_with_different_networks_answer_independently(server):
    with two_pages(server) as ((ask, first), (other, second)):
        shared = ask("draw", picture=picture(one()))["probabilities"]
        first.show(another((28, 28, 1), "square"))
        second.show(another((784,), "row"))
        for _ in range(2):
            for question, page, layer in ((ask, first, "square"), (other, second, "row")):
                answer = question("draw", picture=picture(one()))
                scores = page.model(page.network_input).numpy()[0]
                expected = np.exp(scores - scores.max())
                np.testing.assert_allclose(
                    answer["probabilities"], expected / expected.sum(), rtol=1e-4
                )
                assert list(answer["maps"])[-1] == layer
                assert question("hello")["network"]["source"] == f"the network with {layer}"
                assert "no layer" in question("number", layer="second")["error"]
        assert ask("use_shared")["network"]["is_shared"] is True
        again = ask("draw", picture=picture(one()))["probabilities"]
        np.testing.assert_array_equal(again, shared)
        assert other("hello")["network"]["is_shared"] is False


def test_every_message_is_answered_by_the_pages_own_network(server):
    """No answer is the other page's, whatever was asked before on either page."""
    questions = {
        "maps": {"layers": ["only"]},
        "map": {"layer": "only", "channel": 0},
        "number": {"layer": "only", "column": 3},
        "backward": {"class_index": 3},
        "ablation": {"channels": {}},
        "ablated_accuracy": {"channels": {"only": [0]}},
        "count_mistakes": {"start": 0},
    }
    with two_pages(server) as ((ask, first), (other, second)):
        first.show(another((784,), "only"))
        second.show(another((28, 28, 1), "only"))
        for question in (ask, other):
            question("draw", picture=picture(one()))
        for name, fields in questions.items():
            answers = [
                {k: v for k, v in question(name, **fields).items() if k not in ("id", "type")}
                for question in (ask, other)
            ]
            assert "error" not in answers[0] and "error" not in answers[1], answers
            assert repr(answers[0]) != repr(answers[1]), name


def test_a_page_that_looks_at_another_network_forgets_what_was_of_the_one_before(ask, server):
    page = page_of(server)
    ask("draw", picture=picture(one()))
    ask("number", layer="second")
    ask("count_mistakes", start=0)
    page.show(another((784,), "row"))
    assert page.network_input is None and not page.kept_of_network
    assert "Draw something" in ask("number", layer="row")["error"]
    assert "begin with image 0" in ask("mistaken_pictures", true=1, predicted=2)["error"]


@pytest.mark.parametrize("how", ["close", "shared", "another"])
def test_a_network_of_a_page_is_freed(server, how):
    with opened(server) as ask:
        page = page_of(server)
        page.show(another((28, 28, 1), "own"))
        held = weakref.ref(page.model)
        ask("draw", picture=picture(one()))
        ask("number", layer="own", column=1)
        if how == "shared":
            ask("use_shared")
        if how == "another":
            page.show(another((784,), "row"))
        if how != "close":
            assert is_gone(held)
        del page
    assert is_gone(held)


def is_gone(held):
    """Whether an object is freed within seconds."""
    for _ in range(100):
        gc.collect()
        if held() is None:
            return True
        time.sleep(0.02)
    return False


def test_twenty_pages_share_one_network(server):
    with contextlib.ExitStack() as stack:
        pages = [stack.enter_context(opened(server)) for _ in range(20)]
        sources = {ask("hello")["network"]["source"] for ask in pages}
        assert sources == {"a test"} and len(server.pages) == 20
        assert {id(page.model) for page in server.pages} == {id(server.network.model)}
        next(iter(server.pages)).show(another((784,), "row"))
        assert len({id(page.model) for page in server.pages}) == 2


def test_only_pages_with_the_shared_network_hear_how_it_learns(server):
    with two_pages(server) as ((ask, first), (other, second)):
        heard = {first: [], second: []}
        for page, told in heard.items():
            page.tell = lambda event, told=told, **content: told.append(event)
        second.show(ShownNetwork(small_model(), "own"))
        server.learning = {"step": 1, "steps": 2, "loss": None, "accuracy": None}
        server.tell_viewers("learning", **server.learning)
        assert heard == {first: ["learning"], second: []}
        assert ask("hello")["learning"] == server.learning
        assert other("hello")["learning"] is None


def test_two_pages_in_the_browser(page, studio, browser):
    """One draws with the network that it trained, the other goes on with the shared one."""
    context = browser.new_context()
    with watched_page(context, studio.address) as other:
        layers = other.locator(".layer h3").all_inner_texts()
        page.evaluate("location.hash = 'view=train&images=100&batch=50&epochs=1&stack=dense 32'")
        page.click("button.main")
        page.wait_for_selector(".run-words:has-text('Done')")
        page.click("text=Draw with it")
        page.wait_for_selector("[data-layer=scores]")
        draw(other, ONE)
        answer_is(other, 1)
        assert other.locator(".layer h3").all_inner_texts() == layers
        assert "scores" not in layers
        draw(page, ONE)
        page.wait_for_selector("[data-guess] strong")
    context.close()
