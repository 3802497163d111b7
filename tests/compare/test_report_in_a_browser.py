"""The page in a browser: nothing is wider than a telephone, the table of parity can be used."""

import json
import shutil

import pytest

from compare.cli.main import main

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
WIDTHS = (1280, 390)
WORD = "x" * 60  # has no place to break
NAME = f"layers.Conv2D(filters=3, kernel_size={WORD}, strides=(2, 1)) on (100, 20, 13, 6)"
ONE = {"quantity": NAME, "smallest": 1e-6}
SENSITIVITY = {"quantities": 3, "best": ONE, "median": ONE, "worst": ONE}
LIBRARIES = ("minicnn", "Keras-TF-jit", "Keras-torch")
INSIDE = """
() => [...document.querySelectorAll("main *, header *, footer *")].filter((part) => {
  if (part.closest("svg") && part.tagName !== "svg") return false;
  if (part.parentElement.closest(".wide, pre, .track")) return false;
  const card = part.closest("figure, .cards tr, li, details") || document.documentElement;
  const [inner, outer] = [part.getBoundingClientRect(), card.getBoundingClientRect()];
  return inner.width && (inner.right > outer.right + 1 || inner.right > innerWidth + 1);
}).map((part) => part.outerHTML.slice(0, 200))
"""
PALE = """
() => {
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (part) => {
    for (; part; part = part.parentElement) {
      const c = colour(getComputedStyle(part).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")].filter((part) => {
    const own = [...part.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !part.getBoundingClientRect().width || part.closest("script")) return false;
    const style = getComputedStyle(part);
    const ink = light(colour(part.closest("svg") ? style.fill : style.color));
    const page = light(behind(part));
    return (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05) < 4.5;
  }).map((part) => part.outerHTML.slice(0, 200));
}
"""


def finding(i):
    share = (i * 7 % 10) / 10
    return {"quantity": "output 0", "ours": [share * 1e-6, 2.0], "keras": [1e-7, 1], "limit": 1e-6}


def case(i):
    kind = "layers" if i % 2 else "losses"
    wrong = ["output 0: minicnn is off"] if i == 3 else []
    return {"kind": kind, "case": f"{i} {NAME}", "wrong": wrong, "findings": [finding(i)]}


def measurement(batch):
    samples = {name: [13415.123 * k] for k, name in enumerate(LIBRARIES, 1)}
    about = {"section": "training", "subject": "convnet", "settings": {"batch": batch}}
    return {**about, "unit": "µs per image of a very long unit", "samples": samples}


CURVES = {"loss minicnn": [2.0, 1.5], "loss keras": [2.0, 1.5], "loss band": [1e-6, 1e-6]}
VERDICT = {
    "dataset": "fashion-mnist",
    "pairs": 20,
    **{who: {"mean": 90.9, "spread": 0.5} for who in ("minicnn", "keras")},
    "difference": -0.0331,
    "interval": [-0.2963, 0.2291],
    "confidence": 0.974,
    "margin": 0.5,
    "p": 1e-5,
    "verdict": "not equivalent",
}
MUTANT = {"file": f"minicnn/{WORD}.py", "line": 3, "diff": f"@@\n-    {WORD} + a\n+    {WORD} - a"}
MUTANT |= {
    judge: {"killed": False, "by": NAME, "why": WORD} for judge in ("tests", "parity + fuzz")
}
JUDGES = {"Keras on tensorflow": {"quantities": 19949, "alone": 8807}}
SCORE = {"mutants": 40, "equivalent": 2, "tests": 29, "parity + fuzz": 13}
RESULTS = {
    "parity": (
        [case(i) for i in range(40)],
        {"judges": JUDGES, "quantities": 20000, "sensitivity": SENSITIVITY},
    ),
    "training": (
        [{"case": NAME, "holds": True, "curves": CURVES}],
        {"sensitivity": {**SENSITIVITY, "kinds": {"updates of weights": SENSITIVITY}}},
    ),
    "accuracy": ([], {"verdicts": [VERDICT]}),
    "mutants": ([MUTANT], {"seed": 7, "rooms": {"backend/numba": SCORE, "all": SCORE}}),
    "fuzz": ([{"network": NAME, "program": f"{WORD}\n" * 3, "wrong": "x"}], {"networks": 3}),
    "conformance": ([{"file": NAME, "passed": 3, "failed": {WORD: WORD}}], {"known": {NAME: 1}}),
    "model": (
        [{"name": NAME, "shape": [2, 3], "off": [], "explained": 1e-6, "share": 0.25}],
        {"file": f"{WORD}.keras", "sensitivity": SENSITIVITY},
    ),
    "script": ([{"what": NAME, "minicnn": 0.123456789, "keras": 1, "holds": True}], {"file": WORD}),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a page with long words in all of its sections."""
    folder = tmp_path_factory.mktemp("report")
    for name, (found, summary) in RESULTS.items():
        told = {"command": name, "passed": False, "failure": NAME, "results": found}
        told |= {"summary": summary, "options": {"backend": "tensorflow"}}
        (folder / f"{name}.json").write_text(json.dumps(told))
    target = {"what": NAME, "against": "Keras-torch", "least": 2.5, "reached": 2.4, "verdict": "no"}
    run = {"measurements": [measurement(32), measurement(128)], "targets": [target]}
    (folder / "results.json").write_text(json.dumps(run))
    assert main(["report", str(folder), "--output", str(folder / "report.html")]) == 0
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser(playwright_engine):
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    program = playwright_engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield program
    program.close()


@pytest.fixture
def view(browser, page):
    """Opens the page with a width and light or dark colours."""
    opened = []

    def go(width, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        opened.append(context)
        tab = context.new_page()
        tab.errors = []
        tab.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.goto(page)
        return tab

    yield go
    for context in opened:
        context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_page_or_its_card(view, width):
    tab = view(width)
    tab.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(INSIDE) == []
    assert tab.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_are_readable_on_their_background(view, scheme):
    tab = view(1280, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert tab.evaluate(PALE) == []


def column(tab, key):
    return tab.eval_on_selector_all(f"td[data-key={key}]", "all => all.map((c) => c.textContent)")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_table_of_parity_is_sorted_and_searched(view, width):
    tab = view(width)
    assert "40 of 40 cases" in tab.inner_text("#parity-controls")
    assert column(tab, "case")[0].startswith("layers.3 ")  # the wrong one
    tab.click("#parity-more")
    tab.click("th[data-key=share] button")
    shares = [float(text) for text in column(tab, "share")]
    assert shares[0] == 0.9 and shares == sorted(shares, reverse=True)
    tab.click("th[data-key=share] button")
    assert column(tab, "share")[0] == "0"
    tab.click("th[data-key=case] button")
    assert tab.get_attribute("th[data-key=case]", "aria-sort") == "ascending"
    tab.select_option("select[name=kind]", "losses")
    assert "20 of 40 cases" in tab.inner_text("#parity-controls")
    tab.fill("input[name=word]", "CONV2D LOSSES.12")
    assert [text[:10] for text in column(tab, "case")] == ["losses.12 "]
    tab.fill("input[name=word]", "")
    tab.select_option("select[name=kind]", "")
    tab.check("input[name=failing]")
    assert column(tab, "verdict") == ["output 0: minicnn is off"]
    assert tab.errors == []


def test_without_its_script_the_page_shows_the_first_rows(page, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page)
    assert tab.locator("#parity-table tbody tr").count() == 30
    context.close()
