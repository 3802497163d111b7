"""Which classes the page shows: digits, or the clothes of Fashion-MNIST."""

import numpy as np
import pytest

from minicnn import layers
from minicnn.examples.small_convnet import CLASS_NAMES, Images, load
from minicnn.studio.running import server_state
from minicnn.studio.server_state import ServerState
from minicnn.studio.shown_network import ShownNetwork
from tests.studio.conftest import draw, opened, small_model, watched_page
from tests.studio.test_models import sequential

CLOTHES = list(CLASS_NAMES["fashion-mnist"])


@pytest.fixture
def clothes(server):
    """A server with other test images for each data set."""
    for i, name in enumerate(CLASS_NAMES):
        pixels = np.full((20, 28, 28, 1), 0.25 * (i + 1), "float32")
        server._test_images[name] = Images(pixels, np.full(20, i + 3))
    return server


def test_classes_and_test_images_are_those_of_the_chosen_data_set(ask, clothes):
    assert ask("hello")["network"]["class_names"] == list("0123456789")
    assert ask("test_image", index=2)["label"] == 3
    ask("count_mistakes", start=0)
    network = ask("hello", dataset="fashion-mnist")["network"]
    assert network["class_names"] == CLOTHES and network["dataset"] == "fashion-mnist"
    shown = ask("test_image", index=2)
    assert shown["label"] == 4 and (shown["pixels"] == 128).all()
    assert "begin with image 0" in ask("mistaken_pictures", true=1, predicted=2)["error"]
    assert ask("count_mistakes", start=0)["matrix"][4].sum() == 20
    assert ask("hello")["network"]["dataset"] == "fashion-mnist"
    assert "one of" in ask("hello", dataset="imagenet")["error"]


def test_each_page_chooses_for_itself(clothes):
    with opened(clothes) as ask, opened(clothes) as other:
        ask("hello", dataset="fashion-mnist")
        assert other("hello")["network"]["dataset"] == "mnist"
        assert other("test_image", index=1)["label"] == 3


@pytest.mark.parametrize("folder", ["runs/fashion-mnist", "runs/mnist", "elsewhere"])
def test_a_file_of_minicnn_train_says_what_it_was_trained_with(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    small_model().save(tmp_path / folder / "model.keras")
    server, _ = server_state(tmp_path / folder / "model.keras")
    assert server.network.dataset == ("fashion-mnist" if "fashion" in folder else "mnist")


def test_a_network_that_the_page_trained_brings_its_classes(ask, server):
    (page,) = server.pages
    page.show(ShownNetwork(small_model(), "own", "fashion-mnist"))
    assert ask("hello")["network"]["class_names"] == CLOTHES
    assert ask("use_shared")["network"]["class_names"] == list("0123456789")


def test_networks_with_another_number_of_classes_count_them():
    model = sequential((28, 28, 1), layers.Flatten(), layers.Dense(10))
    model.pop()
    model.add(layers.Dense(3))
    with opened(ServerState(model, "a test")) as ask:
        network = ask("hello", dataset="fashion-mnist")["network"]
        assert network["class_names"] == ["0", "1", "2"] and network["dataset"] is None


@pytest.fixture
def wardrobe(studio, monkeypatch):
    """Test images of clothes, which are not on every computer: turned digits, with their labels."""
    pixels, labels = load("mnist", 300)[1]
    images = Images(pixels[:, ::-1], labels)
    monkeypatch.setitem(studio.server._test_images, "fashion-mnist", images)
    return images


def test_clothes_on_the_page(studio, browser, wardrobe):
    label = int(wardrobe.labels[7])
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    with watched_page(context, studio.address) as page:
        page.evaluate("location.hash = 'image=7'")
        page.wait_for_selector("[data-drawing][aria-label*='test image 7']")
        page.select_option("[data-dataset]", "fashion-mnist")
        page.wait_for_selector(f"[data-drawing][aria-label$='a {CLOTHES[label]}']")
        assert page.inner_text("h1 >> nth=0") == "Draw clothes"
        assert page.locator("[data-bars] .name").all_inner_texts() == CLOTHES
        page.wait_for_function(
            "names => names.includes(document.querySelector('[data-guess] strong')?.textContent)",
            arg=CLOTHES,
        )
        assert not page.is_checked("[data-treatment]")
        again = context.new_page()
        again.goto(page.url)
        again.wait_for_selector(f"[data-drawing][aria-label$='a {CLOTHES[label]}']")
        again.close()
        page.click("[data-panels] nav >> text=Look backwards")
        page.wait_for_selector("[data-panel=backward] [data-class='9']:text('ankle boot')")
        page.click("text=Where it fails")
        page.wait_for_selector("th:has-text('trouser')")
        page.wait_for_selector("text=/Of 300 test images/")
        page.click("nav >> text=Draw")
        page.select_option("[data-dataset]", "mnist")
        page.wait_for_selector("[data-drawing][aria-label$='a 9']")
        assert "data=" not in page.url
        page.click("[data-do=clear]")
        draw(page, ((0.5, 0.2), (0.5, 0.8)))
        page.wait_for_selector("[data-guess] strong:text('1')")
    context.close()
