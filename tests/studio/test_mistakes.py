"""Where it fails: the confusion matrix of the test images, and the pictures in its cells."""

import numpy as np
import pytest

import minicnn as keras
from minicnn.examples.small_convnet import Images
from minicnn.studio.answers import mistakes
from minicnn.studio.server_state import ServerState
from minicnn.studio.shown_network import ShownNetwork
from tests.studio.conftest import answer_is, opened, watched_page


@pytest.fixture
def few(server, monkeypatch):
    """A server with 70 test images, counted in pieces of 32."""
    rng = np.random.default_rng(5)
    images = Images(rng.random((70, 28, 28, 1), "float32"), rng.integers(10, size=70))
    server._test_images["mnist"] = images
    monkeypatch.setattr(mistakes, "PIECE", 32)
    return images


def test_the_count_of_pieces_is_that_of_the_whole(ask, server, few):
    predicted = server.network.model.predict(few.pixels, verbose=0).argmax(-1)
    start, rounds = 0, 0
    while start < 70:
        answer = ask("count_mistakes", start=start)
        start, rounds = answer["counted"], rounds + 1
        expected = np.zeros((10, 10), int)
        np.add.at(expected, (few.labels[:start], predicted[:start]), 1)
        assert (answer["matrix"] == expected).all()
        assert answer["right"] == (few.labels[:start] == predicted[:start]).sum()
    assert rounds == 3 and answer["images"] == 70


def test_pictures_of_a_cell(ask, server, few):
    for start in (0, 32, 64):
        ask("count_mistakes", start=start)
    scores = server.network.model.predict(few.pixels, verbose=0)
    predicted = scores.argmax(-1)
    for true, taken in {(a, b) for a, b in zip(few.labels, predicted, strict=True)}:
        answer = ask("mistaken_pictures", true=int(true), predicted=int(taken))
        own = np.flatnonzero((few.labels == true) & (predicted == taken))
        assert sorted(answer["indices"]) == list(own) and answer["count"] == len(own)
        np.testing.assert_allclose(
            answer["probabilities"], scores[answer["indices"], taken], rtol=1e-5
        )
        change = np.diff(answer["probabilities"])
        assert (change >= 0).all() if true == taken else (change <= 0).all()
        pixels = np.rint(few.pixels[answer["indices"], ..., 0] * 255)
        assert (answer["pixels"] == pixels).all()


def test_what_cannot_be_counted_gets_a_sentence(ask, few):
    assert "begin with image 0" in ask("mistaken_pictures", true=1, predicted=2)["error"]
    assert "begin with image 0" in ask("count_mistakes", start=32)["error"]
    ask("count_mistakes", start=0)
    assert "32 images are counted" in ask("count_mistakes", start=64)["error"]
    assert "whole number" in ask("mistaken_pictures", true=10, predicted=2)["error"]
    ask("use_shared")  # a count of another network is none of this one
    assert "begin with image 0" in ask("mistaken_pictures", true=1, predicted=2)["error"]


def network(shape, classes):
    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)]
    return keras.Sequential(layers)


@pytest.mark.parametrize("shape", [(784,), (3, 32, 32), (14, 14)])
def test_networks_that_take_digits_otherwise(shape, few):
    server = ServerState(network(shape, 10), "a test")
    server._test_images["mnist"] = few
    with opened(server) as ask:
        assert ask("count_mistakes", start=0)["matrix"].sum() == 32


@pytest.mark.parametrize(("shape", "classes"), [((28, 28, 1), 3), ((5,), 10)])
def test_networks_without_digits_get_a_sentence(shape, classes, few):
    server = ServerState(network(shape, classes), "a test")
    server._test_images["mnist"] = few
    with opened(server) as ask:
        assert ("3 apart" if classes == 3 else "no pictures") in ask("count_mistakes", start=0)[
            "error"
        ]


def test_from_a_cell_to_its_pictures_to_the_canvas(page, studio):
    page.click("text=Where it fails")
    page.wait_for_selector("text=/Of 10,000 test images 9.* are right/")
    assert "view=mistakes" in page.url
    counts = [cell.inner_text() for cell in page.locator("[data-cell]").all()]
    assert sum(int(count or 0) for count in counts) == 10_000
    page.focus("[data-cell='0,0']")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:text('4 taken for 9')")
    assert "cell=4,9" in page.url
    picture = page.locator("[data-image]").first
    index = picture.get_attribute("data-image")
    picture.click()
    answer_is(page, 9)
    assert f"test image {index}, a 4" in page.get_attribute("[data-drawing]", "aria-label")
    assert f"image={index}" in page.url and "view=" not in page.url


def test_the_page_says_why_there_is_nothing_to_count(studio, browser):
    before, studio.server.network = studio.server.network, ShownNetwork(network((5,), 10), "")
    try:
        with watched_page(browser.new_context(), studio.address) as page:
            page.evaluate("location.hash = 'view=mistakes'")
            page.wait_for_selector(".mistakes-words:has-text('no pictures')")
    finally:
        studio.server.network = before
