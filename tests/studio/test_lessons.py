"""Learn: a page for each layer, loss and optimizer; its example, forward and backward."""

import functools
import json
import math
import re
from urllib.parse import quote

import numpy as np
import pytest
from numpy.testing import assert_allclose

import minicnn as keras
from minicnn.studio.answers import lessons as answers
from minicnn.studio.lessons import errors
from minicnn.studio.lessons.topics import topics

OWN = [t.name for t in topics().values() if not t.group.startswith("More")]
WITHOUT_SUMS = {"categoryencoding"}
"""Pages whose numbers are whole: nothing is differentiated."""
SHORT_PATH = """conv2d conv2d-groups conv2dtranspose depthwiseconv2d maxpooling2d averagepooling2d
dense batchnormalization dropout embedding softmaxcrossentropy sgd momentum nesterov rmsprop adam
adamw simplernn lstm gru""".split()


def test_there_is_a_page_for_all_of_the_short_path_and_every_class_with_a_docstring(ask):
    names = {topic["name"] for topic in ask("lessons")["topics"]}
    assert names >= set(SHORT_PATH)
    assert names >= {"flatten", "layernormalization", "hinge", "lion", "conv3d"}


@pytest.mark.parametrize("name", topics())
def test_every_page_says_what_it_is_about(name):
    lesson = answers.lesson(None, name)
    assert lesson["title"] and count_of_sentences(lesson["sentences"]) >= 2
    assert any("mathml" in part for part in lesson["forward"])
    backward = [part for parts in lesson["backward"] for part in parts]
    if issubclass(topics()[name].cls, keras.optimizers.Optimizer):
        assert not backward
    else:
        assert any("mathml" in p or "no gradient" in p["words"] for p in backward)
    assert lesson["code"]
    for code in lesson["code"]:
        assert code["file"].startswith("minicnn/") and code["line"] > 0
        assert code["text"].lstrip().startswith(("def ", "@"))


@functools.cache
def example_of(name):
    return answers.lesson_example(None, name, {}, {})


def count_of_sentences(paragraphs):
    """Those that are not formulas only."""
    bare = [re.sub(r"`[^`]*`", "x", p) for p in paragraphs]
    return sum(1 for p in bare for s in re.split(r"(?<=[.!?:]) ", p) if len(s.split()) > 2)


def sums_give_their_values(rows):
    for row in rows:
        assert_allclose(row["steps"][-1][2], row["value"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", topics())
def test_every_sum_of_an_example_gives_the_number_that_was_computed(name):
    answer = example_of(name)
    if answer["kind"] == "optimizer":
        after = [row["steps"][-1][2] for row in answer["forward"]]
        assert_allclose(after, answer["weights"][1:], rtol=1e-5)
        return
    sums_give_their_values(answer["forward"])
    assert len(answer["forward"]) == answer["tensors"]["output"].size
    for of, rows in answer["backward"].items():
        gradient = answer["gradients"][of]
        assert [row["value"] for row in rows] == gradient.ravel().tolist()
        sums_give_their_values(rows)


def test_an_example_is_computed_from_the_readers_numbers_and_settings(ask):
    image, kernel = np.arange(16.0), [1.0, 0, 0, -1]
    numbers = {"input": image.tolist(), "kernel": kernel, "bias": [0.5]}
    settings = {"input length": 4, "kernel_size": 2, "strides": 2}
    answer = ask("lesson_example", topic="conv2d", settings=settings, numbers=numbers)
    x = image.reshape(4, 4)
    expected = x[::2, ::2] - x[1::2, 1::2] + 0.5
    assert_allclose(answer["tensors"]["output"][0, :, :, 0], expected)
    assert answer["places"]["text"] == "2 = ⌊(4 + 0 - (2 - 1) · 1 - 1) / 2⌋ + 1"
    first = answer["forward"][0]["terms"][0]
    assert first["products"] == [0, 0, 0, -5]
    assert first["places"] == [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]
    assert dict(answer["cost"])["multiply-adds forward"] == 4 * 4


@pytest.mark.parametrize("name", [n for n in topics() if "conv" in n or "pooling" in n])
def test_the_shape_formula_with_the_readers_numbers_gives_the_shape(name):
    for setting, options in [("none", (None,)), *topics()[name].choices.items()]:
        for value in options:
            chosen = {} if value is None else {setting: value}
            try:
                answer = answers.lesson_example(None, name, chosen, {})
            except ValueError:  # strides with dilation
                continue
            if answer["places"] is None:
                assert "global" in name or "adaptive" in name or "lstm" in name
                continue
            left, right = answer["places"]["text"].split(" = ")
            python = right.replace("·", "*").replace("⌊", "math.floor(").replace("⌋", ")")
            rank = int(re.search(r"(\d)d", name)[1])
            length = answer["shapes"]["output"][-1 - rank]
            assert int(left) == eval(python, {"math": math, "max": max}) == length


def test_the_gradient_is_that_of_the_chosen_cotangent(ask):
    numbers = {"input": [1, 2, 3, 4], "kernel": list(range(8)), "cotangent": [10, -1]}
    answer = ask("lesson_example", topic="dense", settings={"units": 2}, numbers=numbers)
    kernel = np.arange(8.0).reshape(4, 2)
    assert_allclose(answer["gradients"]["input"][0], kernel @ [10, -1])
    assert_allclose(answer["gradients"]["kernel"], np.outer([1, 2, 3, 4], [10, -1]))


def test_optimizers_make_the_steps_of_their_formula(ask):
    g = [1.0, -2, 0.5, 3, 0, 1]
    numbers = {"weight": [2.0], "gradients": g}
    answer = ask("lesson_example", topic="momentum", settings={"momentum": 0.5}, numbers=numbers)
    w, v, expected = 2.0, 0.0, [2.0]
    for one in g:
        v = 0.5 * v - 0.1 * one
        w += v
        expected.append(w)
    assert_allclose(answer["weights"], expected, rtol=1e-5)


@pytest.mark.parametrize("name", topics())
def test_every_example_can_be_changed_stepped_through_and_costs_something(name):
    answer = example_of(name)
    assert answer["forward"] and len(answer["cost"]) >= 2
    given = [n for n in answer["tensors"] if n != "output"]
    assert given
    if answer["kind"] == "layer":  # whose layers inside count too
        weights = [answer["tensors"][n].size for n in given if not n.startswith("input")]
        assert dict(answer["cost"])["parameters"] >= sum(weights)
    if answer["kind"] != "optimizer" and name not in WITHOUT_SUMS:
        assert answer["backward"] and all(answer["backward"].values())
    first = given[0]
    values = answer["tensors"][first].ravel()
    changed = (values + 1) % 5 if topics()[name].integers else values + 0.25
    other = answers.lesson_example(None, name, {}, {first: changed.tolist()})
    assert_allclose(other["tensors"][first].ravel(), changed)


@pytest.mark.parametrize("name", [n for n in topics() if n not in OWN and topics()[n].choices])
def test_whatever_a_reader_chooses_on_a_page_made_by_guesses_can_be_computed(name):
    for setting, options in topics()[name].choices.items():
        for value in options:
            answer = answers.lesson_example(None, name, {setting: value}, {})
            assert answer["settings"][setting] == value and answer["forward"]


@pytest.mark.parametrize("name", topics())
def test_every_page_has_measured_errors_of_rounding_or_says_why_not(name):
    found = errors.measured(topics()[name])
    assert "why_not" in found or found["rows"]
    for row in found["rows"].values():
        assert list(row) == found["columns"] and max(row.values()) < 1e-5


@pytest.mark.parametrize(
    "fields",
    [
        {"topic": "conv9d"},
        {"topic": "conv2d", "settings": {"strides": 99}},
        {"topic": "conv2d", "settings": {"filters": 2}},
        {"topic": "conv2d", "settings": {"strides": [1]}},
        {"topic": "conv2d", "numbers": {"input": [1e99]}},
        {"topic": "conv2d", "numbers": {"input": ["1"]}},
        {"topic": "conv2d", "numbers": {"input": [0.0] * 401}},
        {"topic": "conv2d", "settings": {"input length": 3, "kernel_size": 4}},
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(ask, fields):
    assert ask("lesson_example", **fields)["error"]
    assert "error" not in ask("lesson_example", topic="conv2d")


def test_a_new_layer_gets_a_page_by_its_docstring(ask, monkeypatch):
    class Halve(keras.layers.Layer):
        """Halves each element. The half is rounded as floats are.

        `y = x / 2`, for whole tensors.

        Backward: `x̄ = ȳ / 2`
        """

        def call(self, x):
            """Halves."""
            return x / 2

    monkeypatch.setattr(keras.layers, "Halve", Halve, raising=False)
    topics.cache_clear()
    try:
        lesson = ask("lesson", topic="halve")
        assert lesson["sentences"] == ["Halves each element. The half is rounded as floats are."]
        assert [part.get("text", part.get("words")) for part in lesson["forward"]] == [
            "y = x / 2",
            "for whole tensors",
        ]
        assert [part["text"] for part in lesson["backward"][0]] == ["x̄ = ȳ / 2"]
        assert [code["name"].rpartition(".")[2] for code in lesson["code"]] == ["call"]
        assert {"output", "gradient to input"} == {r["name"] for r in ask_errors(ask, "halve")}
        answer = ask("lesson_example", topic="halve")
        assert_allclose(answer["tensors"]["output"], answer["tensors"]["input"] / 2)
    finally:
        topics.cache_clear()


def ask_errors(ask, topic):
    return ask("lesson_error", topic=topic)["rows"]


def test_a_new_layer_of_sequences_gets_an_example_that_it_can_take(ask, monkeypatch):
    class Last(keras.layers.Layer):
        """Keeps the last step of a sequence, times a learned number for each feature.

        The others are left out. `y[n, f] = x[n, steps - 1, f] · w[f]`

        Backward: `w̄[f] = Σ_n x[n, steps - 1, f] · ȳ[n, f]`
        """

        def build(self, shape):
            if len(shape) != 3:
                raise ValueError("sequences, please")
            self.w = self.add_weight((shape[-1],), name="w")

        def call(self, x):
            """The last."""
            return x[:, -1] * self.w

    monkeypatch.setattr(keras.layers, "Last", Last, raising=False)
    topics.cache_clear()
    try:
        answer = ask("lesson_example", topic="last")
        x, w = answer["tensors"]["input"], answer["tensors"]["w"]
        assert_allclose(answer["tensors"]["output"], x[:, -1] * w)
        assert_allclose(answer["gradients"]["w"], x[0, -1] * answer["cotangent"][0])
        for rows in (answer["forward"], *answer["backward"].values()):
            assert rows
            sums_give_their_values(rows)
        lit = answer["forward"][0]["terms"][0]["places"]
        assert lit == [[0, x.shape[1] - 1, 0]]
    finally:
        topics.cache_clear()


def opened_at(page, studio, **state):
    parts = [f"{k}={quote(v if isinstance(v, str) else json.dumps(v))}" for k, v in state.items()]
    page.goto(f"{studio.address}#view=learn&{'&'.join(parts)}")
    page.reload()
    page.wait_for_selector(".sum-head")


def test_a_window_slides_over_the_input_step_by_step(page, studio):
    opened_at(page, studio, topic="conv2d")
    assert page.inner_text(".lesson h1") == "Convolution"
    assert page.locator("[data-tensor=input] .lit").count() == 9
    before = page.inner_text(".sum-head")
    page.click("[data-do=on]")
    assert page.inner_text(".position") == "2 of 9" and page.inner_text(".sum-head") != before
    page.click("[data-way=to-input]")
    assert page.inner_text(".position") == "1 of 25"
    assert page.locator("[data-tensor^=cotangent] .lit").count() == 1
    assert page.locator(".formulas math").count() >= 3
    assert "minicnn/backend/numpy/conv.py" in page.inner_text(".lesson-code")


def test_lines_of_a_calculation_are_whole_and_written_as_on_paper(page, studio):
    opened_at(page, studio, topic="adam")
    rows = page.locator(".calculation tr").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.innerHTML))"
    )
    lines = {name: formula for name, formula, _ in rows}
    assert lines["mean m"] == "0.9 · 0 + (1 − 0.9) · 1"
    assert lines["rate α of step 1"] == ("0.1 · √(1 − 0.999<sup>1</sup>) / (1 − 0.9<sup>1</sup>)")
    assert lines["step"].endswith(" + 10<sup>−7</sup>)")
    assert lines["the new weight"] == "1 − 0.1"


def test_a_number_and_a_setting_change_the_result_and_the_link_shows_it(page, studio):
    opened_at(page, studio, topic="conv2d")
    page.select_option("[data-setting=kernel_size]", "1")
    page.wait_for_function("() => document.querySelector('.position').textContent === '1 of 25'")
    cell = page.locator("[data-tensor=bias] input")
    cell.fill("100")
    cell.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.sum-head strong').textContent.length > 3"
    )
    shown = page.inner_text(".sum-head")
    page.reload()
    page.wait_for_selector(".sum-head")
    assert page.inner_text(".sum-head") == shown
    assert page.input_value("[data-setting=kernel_size]") == "1"


def test_pages_are_chosen_in_the_list_and_fit_a_telephone(page, studio):
    opened_at(page, studio, topic="conv2d")
    page.click(".topic >> text=Adam >> nth=0")
    page.wait_for_selector("[data-topic=adam] .sum-head")
    assert "topic=adam" in page.url and "set" not in page.url
    page.set_viewport_size({"width": 390, "height": 800})
    page.select_option(".topic-menu", "batchnormalization")
    page.wait_for_selector("[data-topic=batchnormalization] .sum-head")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
