"""The formulas of docstrings as MathML, and what is read from docstrings."""

import inspect
import re
import unicodedata
from xml.etree import ElementTree

import pytest

import minicnn as keras
from minicnn.backend.numpy import conv
from minicnn.studio.lessons.docstrings import (
    described,
    formulas_of,
    gradient_parts,
    source_of,
)
from minicnn.studio.lessons.formulas import mathml
from minicnn.studio.lessons.topics import topics


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("a / b", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        ("(a + b) / 2", "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>"),
        ("β₁", "<msub><mi>β</mi><mn>1</mn></msub>"),
        ("g²", "<msup><mi>g</mi><mn>2</mn></msup>"),
        ("Xᵀ", "<msup><mi>X</mi><mi>T</mi></msup>"),
        ("√v", "<msqrt><mi>v</mi></msqrt>"),
        ("√(v + ε)", "<msqrt><mrow><mi>v</mi><mo>+</mo><mi>ε</mi></mrow></msqrt>"),
        ("x[n]", "<msub><mi>x</mi><mi>n</mi></msub>"),
        ("y_true", "<msub><mi>y</mi><mi>true</mi></msub>"),
        ("col2im", "<mi>col2im</mi>"),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        ("h' · U", '<mrow><mi>h</mi><mo lspace="0" rspace="0">′</mo></mrow>'),
        ("x̄", '<mover><mi>x</mi><mo stretchy="false">¯</mo></mover>'),
        ("l2_shrinkage", "<mi>l2_shrinkage</mi>"),
        ("ȳ_pred", "</mover><mi>pred</mi></msub>"),
        ("m̂", '<mo stretchy="false">ˆ</mo></mover>'),
        ("p^γ", "<msup><mi>p</mi><mi>γ</mi></msup>"),
        ("n^−p", "<msup><mi>n</mi><mrow><mo>−</mo><mi>p</mi></mrow></msup>"),
        ("(a + b)^(c − 1)", "<mrow><mi>c</mi><mo>−</mo><mn>1</mn></mrow></msup>"),
        ("max_k x", "<munder><mi>max</mi><mi>k</mi></munder>"),
        ("x₁[n]", "<msub><msub><mi>x</mi><mn>1</mn></msub><mi>n</mi></msub>"),
        ("|e| / n", "<mfrac><mrow><mo>|</mo><mi>e</mi><mo>|</mo></mrow><mi>n</mi></mfrac>"),
        ("a if b / 2", "<mfrac><mi>b</mi><mn>2</mn></mfrac>"),
        ("f'(x)", "′</mo></mrow><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"),
    ],
)
def test_a_formula_is_set_as_on_paper(formula, shown):
    inside = ElementTree.tostring(ElementTree.fromstring(mathml(formula)), encoding="unicode")
    assert shown in inside, inside


def letters(text):
    return sorted(c for c in unicodedata.normalize("NFD", text) if c.isalpha() and c != "ˆ")


def test_every_formula_of_a_page_is_valid_and_loses_no_letter():
    raised = str.maketrans("ᵀᵗˣₖₜₙᵢΣ", "Ttxktni∑")
    formulas = all_formulas()
    for formula in formulas:
        tree = ElementTree.fromstring(mathml(formula))
        assert letters("".join(tree.itertext())) == letters(formula.translate(raised)), formula
    assert len(formulas) > 250


def all_formulas():
    found = [formulas_of(topic.cls) for topic in topics().values()]
    return {p.text for f in found for p in [*f.forward, *f.backward] if p.is_formula}


def test_no_sign_of_program_code_is_left_in_a_formula():
    for formula in all_formulas():
        shown = "".join(ElementTree.fromstring(mathml(formula)).itertext())
        assert not re.search(r"\\\\|\*\*|<=|>=|!=|==|\^|`|[{}]", shown), formula
        names = re.findall(r"\w*_\w*", shown)  # only arguments are written with it
        assert all(len(name.partition("_")[0]) > 1 for name in names), formula


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "((",
        "^",
        "a^",
        "'",
        "|",
        "‖x",
        "⟨",
        "max_",
        "if",
        "a / ",
        "Σ_{",
        "√",
        "x[",
        "]",
        "| |",
        "/ /",
        "_",
        "<>&",
    ],
)
def test_what_is_no_formula_still_gives_valid_mathml(bad):
    ElementTree.fromstring(mathml(bad))


def test_gradients_say_their_formula_behind_the_colon():
    words, formula = gradient_parts(conv.conv_kernel_gradient)
    assert words.text.startswith("Cotangent of the kernel")
    assert formula.text == "dW = Xᵀ · dY" and formula.is_formula


def test_words_and_formulas_of_a_docstring_are_told_apart():
    class Example(keras.layers.Layer):
        """What it is, `(batch, n)`, with `name`. See `Conv2D`.

        `y = a · x`, with a the slope.

        Args:
            a: a number, `b = 2 · a`.

        Backward: With `z = 1` first: `x̄ = a · ȳ` and `ā = Σ x · ȳ`; no more.
        """

    said = described(Example)
    assert said.sentences == ["What it is, `(batch, n)`, with `name`."]
    assert said.forward == [("y = a · x", True), ("with a the slope", False)]
    assert [p.text for p in said.backward] == [
        *("With", "z = 1", "first", "x̄ = a · ȳ", "ā = Σ x · ȳ", "no more")
    ]
    assert "Σ_{k, c}" in "".join(p.text for p in formulas_of(Example).forward)


@pytest.mark.parametrize(
    ("cls", "holds"),
    [
        (keras.layers.LSTM, "c' = f ⊙ c + i ⊙ g"),
        (keras.layers.AveragePooling1D, "y[n, p, c] = Σ_k x[n, p · stride + k, c] / m"),
        (keras.layers.GlobalMaxPooling3D, "y[n, c] = max_p x[n, p, c]"),
        (keras.layers.AdaptiveMaxPooling1D, "y[n, i, c] = max_k x[n, k, c]"),
        (keras.optimizers.AdamW, "m ← β₁ m + (1 − β₁) g"),
    ],
)
def test_formulas_of_related_classes_are_found(cls, holds):
    assert holds in [part.text for part in formulas_of(cls).forward]


def test_arguments_of_another_class_bring_none_of_its_formulas():
    found = [p.text for p in formulas_of(keras.layers.AveragePooling2D).forward]
    assert not any("max" in text for text in found)


def test_source_lines_are_those_of_the_file():
    lines = source_of(conv.conv)
    text = inspect.getsource(conv).splitlines()
    assert lines.file == "minicnn/backend/numpy/conv.py"
    shown = lines.text.splitlines()
    assert text[lines.line - 1 : lines.line - 1 + len(shown)] == shown
