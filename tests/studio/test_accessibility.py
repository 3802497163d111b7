"""The page without a mouse, without sight of colours, on a telephone: names, focus, contrast."""

from pathlib import Path

import pytest

from minicnn.studio.lessons.topics import topics
from tests.studio.conftest import ONE, answer_is, draw, watched_page

CHECKS = (Path(__file__).parent / "accessibility.js").read_text()

PLACES = {
    "draw": "view=live",
    "number": "view=live&panel=number",
    "backward": "view=live&panel=backward",
    "ablation": "view=live&panel=ablation",
    "keras": "view=live&panel=keras",
    "training": "view=train",
    "mistakes": "view=mistakes",
    "learn a layer": "view=learn&topic=conv2d",
    "learn a loss": "view=learn&topic=softmaxcrossentropy",
    "learn an optimizer": "view=learn&topic=adam",
    "learn a sequence": "view=learn&topic=lstm",
}
LONG = max(topics().values(), key=lambda topic: len(topic.title)).name
LONG_PLACES = {
    "learn the longest name": f"view=learn&topic={LONG}",
    "learn long formulas": "view=learn&topic=adaptiveaveragepooling2d",
    "learn more formulas": "view=learn&topic=meansquaredlogarithmicerror",
}


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request, browser, studio):
    """A page in one of the two themes, with a digit drawn."""
    size = {"width": 1280, "height": 900}
    context = browser.new_context(color_scheme=request.param, viewport=size)
    with watched_page(context, studio.address) as page:
        page.evaluate(CHECKS)
        draw(page, ONE)
        answer_is(page, 1)
        yield page
    context.close()


def go(page, place):
    """Opens a place of the page, and waits until its numbers are there."""
    hash = {**PLACES, **LONG_PLACES}[place]
    page.evaluate("place => { location.hash = place; }", hash)
    page.wait_for_timeout(300)
    if "learn" in place:
        page.wait_for_selector(".sum-head")


@pytest.mark.parametrize("place", PLACES)
def test_whatever_can_be_used_has_a_name_and_all_words_can_be_read(themed, place):
    go(themed, place)
    assert themed.evaluate("named()") == []
    assert themed.evaluate("weakWords()") == []


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_scrolls_sideways_on_a_telephone(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    draw(page, ONE)
    answer_is(page, 1)
    wide = {}
    for place in [*PLACES, *LONG_PLACES]:
        go(page, place)
        most = page.evaluate("document.documentElement.scrollWidth")
        if most > width:
            wide[place] = most
    assert wide == {}


@pytest.mark.parametrize("place", PLACES)
def test_the_tab_key_reaches_everything_and_shows_where_it_is(page, place):
    page.evaluate(CHECKS)
    draw(page, ONE)
    answer_is(page, 1)
    go(page, place)
    page.focus(".skip")
    count = page.evaluate("reachable()")
    seen = [page.evaluate("focus()")]
    while len(seen) < count + 40:
        page.keyboard.press("Tab")
        focus = page.evaluate("focus()")
        if focus["isBody"]:
            break
        seen.append(focus)
    assert len(seen) >= count
    assert [f["name"] for f in seen if not f["isSeen"]] == []


def keys(page, *names):
    for name in names:
        page.keyboard.press(name)


def tab_to(page, selector):
    """Presses the tab key until the focus is on an element, as from the top of the page."""
    page.focus(".skip")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the tab key does not reach {selector}")


def text_changes(page, selector, *names):
    """Presses keys, and waits until the text of an element is another one."""
    before = page.locator(selector).first.inner_text()
    keys(page, *names)
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).innerText !== before",
        arg=[selector, before],
    )


def test_all_features_can_be_used_with_the_keyboard_alone(page, studio):
    tab_to(page, "[data-drawing]")
    keys(page, "ArrowUp", "ArrowUp", " ", *["ArrowDown"] * 17, " ")
    answer_is(page, 1)

    tab_to(page, ".maps:not([aria-label*=input]) canvas")  # every layer live
    keys(page, "ArrowRight", "Enter")
    page.wait_for_selector(".chosen-map")
    tab_to(page, ".chosen-map canvas")
    text_changes(page, ".chosen-map figcaption", "ArrowRight")

    tab_to(page, "[data-panels] .tabs button:nth-child(1)")  # follow one number
    keys(page, "Enter")
    page.wait_for_selector("[data-panel=number] .steps")
    tab_to(page, "[data-panel=number] .pixel-map canvas")
    text_changes(page, "[data-panel=number] .number-title", "ArrowDown")

    tab_to(page, "[data-panels] .tabs button:nth-child(2)")  # look backwards
    keys(page, "Enter")
    page.wait_for_selector("[data-panel=backward] .classes [aria-checked=true]")
    tab_to(page, "[data-panel=backward] [data-class='1']")
    keys(page, "ArrowRight")
    page.wait_for_selector("[data-panel=backward] [data-class='2'][aria-checked=true]")

    tab_to(page, "[data-panels] .tabs button:nth-child(3)")  # ablate
    keys(page, "Enter")
    page.wait_for_selector("[data-panel=ablation] .channels button")
    tab_to(page, "[data-panel=ablation] .channels button")
    keys(page, " ")
    page.wait_for_selector("[data-panel=ablation] .channels [aria-pressed=true]")

    tab_to(page, "[data-panels] .tabs button:nth-child(4)")  # beside Keras
    keys(page, "Enter")
    page.wait_for_selector("[data-panel=keras]:not([hidden])")

    tab_to(page, ".views button:nth-child(3)")  # where it fails
    keys(page, "Enter")
    page.wait_for_function(
        "() => document.querySelector('.mistakes-words')?.textContent.startsWith('Of ')"
    )
    tab_to(page, ".mistakes td button")
    keys(page, "ArrowRight", "ArrowLeft", "Enter")
    page.wait_for_selector(".mistakes section ol button")
    tab_to(page, ".mistakes section ol button")
    keys(page, "Enter")
    page.wait_for_selector("[data-view=live]:not([hidden])")
    answer_is(page, 0)

    tab_to(page, ".views button:nth-child(4)")  # learn
    keys(page, "Enter")
    page.wait_for_selector(".sum-head")
    tab_to(page, "[data-tensor=input] input")
    text_changes(page, ".sum-head", "9", "9", "Enter")
    has_focus = "document.activeElement.matches('[data-tensor=input] input')"
    assert page.evaluate(has_focus), "the focus is lost by a change"
    tab_to(page, "[data-do=on]")
    text_changes(page, ".position", "Enter")

    tab_to(page, ".views button:nth-child(2)")  # watch it learn
    keys(page, "Enter")
    tab_to(page, "[data-view=train] form button.main")
    keys(page, "Enter")
    page.wait_for_selector("[data-view=train] .curves")
    tab_to(page, "[data-view=train] .controls button")


def test_with_less_motion_nothing_moves_by_itself(browser, studio):
    context = browser.new_context(reduced_motion="reduce")
    with watched_page(context, studio.address) as page:
        for place in ("draw", "training", "mistakes", "learn a layer"):
            go(page, place)
            moving = page.evaluate(
                """() => [...document.querySelectorAll('*')].filter((e) => {
                    const style = getComputedStyle(e);
                    return style.animationName !== 'none' || style.scrollBehavior === 'smooth'
                        || style.transitionDuration.split(',').some((d) => parseFloat(d) > 0);
                }).map((e) => e.className)"""
            )
            assert moving == []
    context.close()
