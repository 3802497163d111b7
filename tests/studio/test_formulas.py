"""The formulas of docstrings as MathML, and what is read from docstrings."""

import inspect
from xml.etree import ElementTree

import pytest

from minicnn.backend.numpy import conv, pool, softmax
from minicnn.studio.lessons.docstrings import described, gradient_formulas, source_of
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
    ],
)
def test_a_formula_is_set_as_on_paper(formula, shown):
    inside = ElementTree.tostring(ElementTree.fromstring(mathml(formula)), encoding="unicode")
    assert shown in inside, inside


def letters(text):
    return sorted(c for c in text if c.isalpha())


def test_every_formula_of_a_page_is_valid_and_loses_no_letter():
    count = 0
    for topic in topics().values():
        for formula in described(topic.cls).formulas:
            tree = ElementTree.fromstring(mathml(formula))
            raised = str.maketrans("ᵀᵗˣₖₜₙᵢΣ", "Ttxktni∑")
            assert letters("".join(tree.itertext())) == letters(formula.translate(raised)), formula
            count += 1
    assert count > 80


@pytest.mark.parametrize("bad", ["", "((", "a / ", "Σ_{", "√", "x[", "]", "| |", "/ /", "_", "<>&"])
def test_what_is_no_formula_still_gives_valid_mathml(bad):
    ElementTree.fromstring(mathml(bad))


def test_gradients_say_their_formula_behind_the_colon():
    assert gradient_formulas(conv.conv_kernel_gradient)[1] == ["dW = Xᵀ · dY"]
    assert gradient_formulas(softmax.softmax_gradient)[1] == ["y · (cotangent - Σ cotangent · y)"]
    sentence, formulas = gradient_formulas(pool.max_pool_gradient)
    assert "added at its maximum" in sentence and formulas == []


def test_source_lines_are_those_of_the_file():
    lines = source_of(conv.conv)
    text = inspect.getsource(conv).splitlines()
    assert lines.file == "minicnn/backend/numpy/conv.py"
    shown = lines.text.splitlines()
    assert text[lines.line - 1 : lines.line - 1 + len(shown)] == shown
