"""Draw, and see what the network says: messages and the page."""

import numpy as np
import pytest

from minicnn.analysis import activations
from minicnn.datasets import mnist
from minicnn.studio import drawing
from tests.studio.conftest import ONE, SEVEN, answer_is, draw, one, picture, watched_page


def test_the_network_is_described_with_its_branches(ask, server):
    network = ask("hello")["network"]
    assert [layer["name"] for layer in network["layers"]] == "first second sum flat scores".split()
    sources = {layer["name"]: layer["sources"] for layer in network["layers"]}
    assert sources["first"] == ["input"]
    assert sources["sum"] == ["first", "second"]
    assert network["parameters"] == server.network.model.count_params()
    assert [layer["parameters"] for layer in network["layers"]] == [40, 148, 0, 0, 31370]


@pytest.mark.parametrize("treatment", [True, False])
def test_an_answer_is_what_the_network_gives_for_what_it_sees(ask, server, treatment):
    answer = ask("draw", picture=picture(one()), treatment=treatment)
    seen = (drawing.treated if treatment else drawing.untreated)(one())
    found = activations(server.network.model, seen[None, ..., None])
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


def test_a_map_is_exact(ask, server):
    assert ask("map", layer="first", channel=0) == {"id": 1, "type": "map", "empty": True}
    ask("draw", picture=picture(one()))
    found = activations(server.network.model, drawing.treated(one())[None, ..., None])
    answer = ask("map", layer="second", channel=3)
    np.testing.assert_allclose(answer["values"], found["second"][0, ..., 3], rtol=1e-5, atol=1e-6)
    assert ask("map", layer="scores", channel=0)["values"].shape == (1, 10)
    assert "0 to 3, but not 4" in ask("map", layer="second", channel=4)["error"]
    assert "no layer 'third'" in ask("map", layer="third", channel=0)["error"]


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


def test_a_share_is_written_in_one_way(page):
    """Above the bars as in the headline, and no share that is not whole becomes 100 %."""
    page.evaluate("location.hash = 'image=0'")
    answer_is(page, 7)
    headline = page.locator("[data-guess] span").inner_text()
    assert page.locator("[data-bars] .best .share").inner_text() == headline
    assert page.locator("[data-bars] .best").get_attribute("aria-label") == f"7: {headline}"
    written = page.evaluate(
        """async () => {
          const { percent } = await import("/page/percent.js");
          const shares = [0, 1e-9, 0.001, 0.0049, 0.05, 0.5, 0.989, 0.995, 0.9989,
            0.99951, 1 - 1e-9, 1];
          return [shares.map((x) => percent(x)), shares.map((x) => percent(x, 2))];
        }"""
    )
    few = "0 %,<0.1 %,0.1 %,0.5 %,5.0 %,50 %,99 %,99.5 %,99.9 %,>99.9 %,>99.9 %,100 %"
    assert written[0] == few.replace(" ", "\xa0").split(",")
    more = "0.00 %,<0.01 %,0.10 %,0.49 %,5.00 %,50.00 %,98.90 %,99.50 %,99.89 %,99.95 %,>99.99 %,"
    assert written[1] == [*more.replace(" ", "\xa0").split(",")[:-1], "100.00\xa0%"]


def test_the_address_keeps_what_is_shown(page, browser):
    draw(page, SEVEN)
    answer_is(page, 7)
    page.click("[data-treatment]")
    page.click("text=whole layer")
    page.click("[data-map=conv2d][data-channel='3']")
    page.wait_for_selector(".chosen-map canvas")
    page.locator(".chosen-map canvas").press("ArrowDown")
    page.wait_for_selector(".pixel:not([hidden])")
    shown = page.locator("figcaption").inner_text()
    assert shown.startswith("conv2d, channel 3") and "row 14, column 13" in shown
    second = browser.new_page()
    second.goto(page.url)
    second.wait_for_selector(".pixel:not([hidden])")
    assert second.locator("figcaption").inner_text() == shown
    assert not second.is_checked("[data-treatment]")
    assert second.is_checked("[name=scale][value=layer]")
    assert second.locator("[data-guess]").inner_text() == page.locator("[data-guess]").inner_text()
    second.close()
    page.click("text=Close")
    page.wait_for_selector(".chosen-map", state="detached")


def test_everything_can_be_done_with_the_keyboard(page):
    page.focus("[data-drawing]")
    page.keyboard.press("Space")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    answer_is(page, 1)
    assert page.get_attribute("[data-drawing]", "aria-label") == "Drawing area, 1 stroke"
    page.wait_for_function(
        "() => document.querySelector('[data-spoken]').textContent.includes('like 1')"
    )
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-guess].none")
    page.focus("[data-do=test-image]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-guess] strong")
    assert "image=" in page.url
    page.focus("[data-map=conv2d][data-channel='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chosen-map")
    assert "channel=1" in page.url


def test_a_test_image_is_recognised_and_named(page):
    page.evaluate("location.hash = 'image=0'")
    answer_is(page, 7)
    label = page.get_attribute("[data-drawing]", "aria-label")
    assert label == "Drawing area, test image 0, a 7"


@pytest.mark.parametrize("turned", [False, True], ids=["dark ink", "light ink"])
def test_a_photo_is_read(page, turned, tmp_path):
    """A photo of a seven on paper, lit from one side."""
    image = pytest.importorskip("PIL.Image")
    photo = np.linspace(120, 220, 300) * np.ones((240, 1))
    seven = mnist.load_data()[1][0][0] / 255
    photo[8:232, 38:262] *= 1 - 0.7 * np.kron(seven, np.ones((8, 8)))
    photo = 255 - photo if turned else photo
    image.fromarray(photo.astype("uint8")).save(tmp_path / "photo.png")
    page.set_input_files("[data-photo]", tmp_path / "photo.png")
    answer_is(page, 7)


def test_a_photo_stays_in_the_address(page, browser, tmp_path):
    """Exactly: the link shows the same ink and gives the same answer, with strokes on it, too."""
    image = pytest.importorskip("PIL.Image")
    seven = mnist.load_data()[1][0][0]
    image.fromarray(255 - np.kron(seven, np.ones((9, 9), "uint8"))).save(tmp_path / "photo.png")
    page.set_input_files("[data-photo]", tmp_path / "photo.png")
    answer_is(page, 7)
    draw(page, ((0.2, 0.2), (0.3, 0.25)))
    page.wait_for_function("() => location.hash.includes('drawing=')")
    same_in_another_page(page, browser)
    assert len(page.url) < 6500
    page.click("[data-do=undo]")
    page.click("[data-do=undo]")
    assert "photo=" not in page.url


@pytest.mark.parametrize("what", ["drawing", "test image", "long drawing"])
def test_a_link_gives_the_same_answer(page, browser, what):
    if what == "test image":
        page.click("[data-do=test-image]")
    elif what == "long drawing":  # more strokes than an address has room for
        point = {i: np.base_repr(50 + i % 200, 36).lower().zfill(2) for i in range(2000)}
        text = "".join(point[i] + point[(7 * i + 3) % 2000] for i in range(2000))
        page.evaluate("text => { location.hash = `drawing=${text}` }", text)
        page.wait_for_function("() => location.hash.includes('photo=')")
    else:
        draw(page, SEVEN, ((0.31, 0.52), (0.777, 0.533)))
    page.wait_for_selector("[data-guess] strong")
    page.wait_for_function("() => location.hash.length > 5")
    same_in_another_page(page, browser, 0.02 if what == "long drawing" else 0)


PIXELS = """canvas => Array.from(
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
SHARES = "all => all.map((one) => one.ariaLabel)"


def same_in_another_page(page, browser, apart=0):
    """Opens the link of a page, and compares drawing and answer."""
    page.wait_for_timeout(300)
    assert len(page.url) < 8000
    second = browser.new_page()
    second.goto(page.url)
    second.wait_for_selector("[data-guess] strong")
    second.wait_for_timeout(300)
    ours, theirs = (np.array(p.locator("[data-seen]").evaluate(PIXELS)) for p in (page, second))
    assert np.abs(ours - theirs).mean() <= 255 * apart
    if not apart:
        ours, theirs = (p.locator("[data-bars] li").evaluate_all(SHARES) for p in (page, second))
        assert ours == theirs
    second.close()


def test_pictures_as_text(page):
    """Each picture comes back as it was, in at most so many letters; damaged texts are none."""
    results = page.evaluate(
        """async () => {
          const { shortPicture, pictureOfText } = await import("/page/ink_text.js");
          const noise = Uint8Array.from({ length: 112 * 112 }, () => 256 * Math.random());
          const blank = new Uint8Array(112 * 112);
          const line = blank.map((_, i) => (i % 112 > 50 && i % 112 < 60 ? 200 : 0));
          return [noise, blank, line, noise].map((ink, k) => {
            const found = shortPicture(ink, k === 3 ? 100 : 6000);
            const again = pictureOfText(found.text);
            const { side } = found;
            const difference = ink.map((x, i) => Math.abs(x - found.ink[i]));
            const apart = side < 112 ? 0 : Math.max(...difference);
            return [side, found.text.length, apart,
              again.side === side && again.ink.every((x, i) => x === found.ink[i]),
              [found.text.slice(0, -1), found.text + "A", "9" + found.text, "", "28.", "28.!", null]
                .map((text) => pictureOfText(text))];
          });
        }"""
    )
    assert [side for side, *_ in results] == [56, 112, 112, 28]
    for _, length, apart, same, damaged in results:
        assert length < 6000 and apart <= 9 and same and damaged == [None] * 7


def test_what_is_no_photo_is_said(page, tmp_path):
    (tmp_path / "text.txt").write_text("7")
    page.set_input_files("[data-photo]", tmp_path / "text.txt")
    page.wait_for_selector("text=“text.txt” is not an image.")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_it_fits_into_the_window(studio, browser, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500
    )
    with watched_page(context, studio.address) as page:
        draw(page, SEVEN)
        answer_is(page, 7)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        canvas = "getComputedStyle(document.querySelector('[data-drawing]'))"
        assert page.evaluate(f"{canvas}.touchAction") == "none"
    context.close()
