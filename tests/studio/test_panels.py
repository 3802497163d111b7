"""The panels in the browser: one number, backwards, channels switched off."""

import re

from minicnn.analysis import ablate, explain_output
from tests.studio.conftest import SEVEN, answer_is, draw


def open_panel(page, title):
    draw(page, SEVEN)
    answer_is(page, 7)
    page.click(f"[data-panels] nav >> text={title}")


def chosen(page):
    return page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")


def test_a_number_is_followed_as_the_window_slides(page, studio):
    open_panel(page, "Follow one number")
    page.wait_for_selector("[data-panel=number] .window")
    assert page.locator("[data-panel=number] .numbers").count() == 3  # input × kernel = products
    assert page.locator(".frame-on-map.field").count() == 1  # on the input
    seen = page.locator("[data-panel=number] .number-title").inner_text()
    page.focus("[data-panel=number] .pixel-map canvas")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('[data-panel=number] .number-title').innerText != before",
        arg=seen,
    )
    row, column = map(int, chosen(page)["pixel"].split(","))
    layer = studio.server.network.description.layers[0]["name"]
    title = page.locator("[data-panel=number] .number-title").inner_text()
    assert f"at {row}, {column}, 0" in title and layer in title
    steps = page.locator("[data-panel=number] .steps .number").all_inner_texts()
    value = float(title.split()[0].replace("−", "-"))
    assert abs(float(steps[-1].replace("−", "-")) - value) < 1e-3


def test_the_window_slides_by_itself_until_it_is_stopped(page):
    open_panel(page, "Follow one number")
    page.wait_for_selector("[data-panel=number] .window")
    page.focus("[data-panel=number] .pixel-map canvas")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash.includes('pixel=')")
    row, column = map(int, chosen(page)["pixel"].split(","))
    width = page.evaluate("document.querySelector('[data-panel=number] canvas').width")
    slide = page.locator("[data-do=slide]")
    slide.click()
    assert slide.inner_text() == "Stop"
    places = [divmod(row * width + column + i, width) for i in range(1, 4)]
    for y, x in places:
        title = f"[data-panel=number] .number-title:has-text('at {y}, {x}, ')"
        page.wait_for_selector(title, timeout=5000)
    slide.click()
    assert slide.inner_text() == "Slide"
    kept = chosen(page)["pixel"]
    page.wait_for_timeout(800)
    assert chosen(page)["pixel"] == kept
    slide.click()
    page.click("[data-panels] nav >> text=Look backwards")  # it stops with the panel
    page.wait_for_timeout(400)
    kept = chosen(page)["pixel"]
    page.wait_for_timeout(800)
    assert chosen(page)["pixel"] == kept


def test_a_link_shows_the_same_number(page, studio):
    names = [layer["name"] for layer in studio.server.network.description.layers]
    pool = next(name for name in names if "pool" in name)
    page.evaluate(
        "hash => { location.hash = hash }", f"#image=17&panel=number&layer={pool}&pixel=4,5"
    )
    winner = page.wait_for_selector("[data-panel=number] .numbers .winner")
    x = studio.server.test_images("mnist").pixels[17, ..., 0]
    batch = studio.server.network.description.input.batch(x)
    expected = explain_output(studio.server.network.model, batch, pool, (4, 5, 0)).value
    assert abs(float("0" + winner.inner_text()) - expected) < 0.06
    scores = names[-1]
    page.evaluate("hash => { location.hash = hash }", f"#image=17&panel=number&layer={scores}")
    page.wait_for_selector("[data-panel=number] .ranked")
    text = page.locator("[data-panel=number]").inner_text()
    assert "exponential" in text.lower() and "sum of all" in text


def test_gradients_of_a_class_and_a_weights_step(page):
    open_panel(page, "Look backwards")
    page.wait_for_selector("[data-panel=backward] .weight-step .steps >> text=the new weight")
    page.click("[data-panel=backward] [data-class='3']")
    page.wait_for_selector("[data-panel=backward] [data-class='3'][aria-checked=true]")
    assert chosen(page)["class"] == "3"
    panel = page.locator("[data-panel=backward]")
    last = page.locator("[data-gradients] .layer").last
    last.scroll_into_view_if_needed()
    page.wait_for_selector("[data-gradients] .layer:last-child:not(.blank)")
    for name in ("Saliency", "Grad-CAM"):
        canvas = panel.locator(f"[data-picture='{name}'] canvas")
        colours = canvas.evaluate(
            "c => new Set(new Uint32Array("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colours > 5, name
    text = panel.inner_text()
    assert "through" in text and "rate α" in text and "mean square v" in text


def test_a_link_shows_the_same_step_of_the_same_weight(page, studio):
    path = next(w.path for w in studio.server.network.model.weights if w.path.endswith("bias"))
    page.evaluate("hash => { location.hash = hash }", "#image=17&panel=backward&class=3")
    title = page.locator(".weight-step .number-title")
    page.wait_for_selector(".weight-step .number-title:has-text('kernel[')")
    page.select_option(".weight-step select", path)
    page.wait_for_selector(f".weight-step .number-title:has-text('{path}[')")
    page.fill("[aria-label='Index 0']", "2")
    page.keyboard.press("Enter")
    page.wait_for_selector(f".weight-step .number-title:has-text('{path}[2]')")
    said = title.inner_text()
    page.reload()
    page.wait_for_selector(f".weight-step .number-title:has-text('{path}[2]')")
    assert title.inner_text() == said


def test_channels_are_switched_off_and_on(page, studio):
    open_panel(page, "Switch channels off")
    page.wait_for_selector(".accuracy strong")
    before = page.locator(".accuracy strong").inner_text()
    layer = studio.server.network.description.layers[0]["name"]
    count = page.locator(f"[data-switch^='{layer}:']").count()
    for c in range(min(count, 20)):
        page.click(f"[data-switch='{layer}:{c}']")
        page.wait_for_selector(f"[data-switch='{layer}:{c}'][aria-pressed=true]")
    off = list(range(min(count, 20)))
    assert chosen(page)["off"] == f"{layer}:{','.join(map(str, off))}"
    page.wait_for_function(
        "before => document.querySelector('.accuracy strong').innerText != before", arg=before
    )
    x, y = (
        studio.server.test_images("mnist").pixels[:1000],
        studio.server.test_images("mnist").labels[:1000],
    )
    expected = ablate(studio.server.network.model, x, {layer: off}, y).accuracy_after
    page.wait_for_function(
        "shown => document.querySelector('.accuracy strong').innerText == shown",
        arg=f"{100 * expected:.1f}\xa0%",
    )
    shares = page.locator(".pairs li").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert len(shares) == 10 and all(re.match(r"\d: .+, then .+", share) for share in shares)
    page.click("text=Switch all on")
    page.wait_for_function(
        "before => document.querySelector('.accuracy strong').innerText == before", arg=before
    )


ON_PAPER = """async (texts) => {
    const { make, onPaper } = await import("/page/terms_view.js");
    return texts.map((text) => make("p", {}, ...onPaper(text)).innerHTML);
}"""


def test_formulas_are_written_as_on_paper(page):
    written = {
        "0.9 · -0.00016 + (1 − 0.9) · 0.85": "0.9 · (−0.00016) + (1 − 0.9) · 0.85",
        "0.002 · √(1 − 0.999^627)": "0.002 · √(1 − 0.999<sup>627</sup>)",
        "√0.5 + 1e-07": "√0.5 + 10<sup>−7</sup>",
        "-8.25e+12 − -1e+05": "−8.25×10<sup>12</sup> − −10<sup>5</sup>",
        "e^(-3.5 − 2) − 1": "e<sup>−3.5 − 2</sup> − 1",
        "1 / (1 + e^−(-0.3))": "1 / (1 + e<sup>−(−0.3)</sup>)",
        "0.4^-0.5 + e^(z − max)": "0.4<sup>−0.5</sup> + e<sup>z − max</sup>",
        "7.310e−4": "7.310×10<sup>−4</sup>",
        "1,024 products of dense2e-3": "1,024 products of dense2e-3",
        "log-sum of max(3, -0.5)": "log-sum of max(3, −0.5)",
    }
    assert page.evaluate(ON_PAPER, list(written)) == list(written.values())
    open_panel(page, "Look backwards")
    page.wait_for_selector("[data-panel=backward] .weight-step .steps >> text=the new weight")
    shown = " ".join(page.locator(".formula, td.number").all_inner_texts())
    assert "^" not in shown and not re.search(r"\de[-−+]?\d|-\d", shown)
