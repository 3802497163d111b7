"""What a docstring says: its sentences, its formulas forward and backward, its source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from minicnn import layers, losses, optimizers
from minicnn.losses.loss_function_wrapper import LossFunctionWrapper, NamedLoss

SECTIONS = re.compile(
    r"^(?:Args|Attributes|Backward|Returns|Raises|Sources?|Example|Call arguments|See also):"
    r"|^\s*>>> ",
    re.MULTILINE,
)
_QUOTED = re.compile(r"`([^`]+)`")
_EQUATION = re.compile(r"(?<!\S)=(?!\S)|←|\+=")
_COMPUTES = re.compile(r"[·/√Σ−²ˣ^]|\w\(| [-+] ")
_SHAPE = re.compile(r"\([\w.*, ·/]*\)")
_POINTER = re.compile(r" *(?:(?:Arguments(?: and formula)?|Formula): see|See) `\w+`\.")
_FORMULA_OF = re.compile(r"(?:[Ff]ormula[^.]*?(?:see|those of)|(?<![\w:] )See) `(\w+)`")
_MODULES = (layers, losses, optimizers)
_BASES = (layers.Layer, losses.Loss, optimizers.Optimizer)
_SILENT = (*_BASES, LossFunctionWrapper, NamedLoss, layers.Attention)
"""Classes that do not say what the classes built on them compute."""


class Part(NamedTuple):
    """A piece of a text: words, with names of the code between backquotes, or a formula."""

    text: str
    is_formula: bool = False


class Described(NamedTuple):
    """What a docstring says.

    Attributes:
        sentences: the text in front of the arguments, in paragraphs, without those that consist of
            formulas.
        forward: the formulas in that text, and the words of paragraphs that begin with one.
        backward: the paragraph "Backward:".
        source: the paper; empty if none is named.
    """

    sentences: list[str]
    forward: list[Part]
    backward: list[Part]
    source: str


def described(thing: Any) -> Described:
    """The parts of the docstring of a class or function."""
    text = inspect.getdoc(thing) or ""
    end = SECTIONS.search(text)
    head = text[: end.start()] if end else text
    paragraphs = [" ".join(p.split()) for p in head.split("\n\n") if p.strip()]
    sentences = [p for p in paragraphs if not _begins_with_formula(p)]
    found = []
    for p in paragraphs:
        parts = parts_of(p)
        found += parts if _begins_with_formula(p) else [one for one in parts if one.is_formula]
    return Described(
        [s for p in sentences if (s := _POINTER.sub("", p).strip())],
        found or _any_formula(head),
        parts_of(_section("Backward", text)),
        _section("Sources?", text),
    )


def _section(name: str, text: str) -> str:
    """The paragraph that begins with a word and a colon."""
    found = re.search(rf"^{name}: (.+?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def parts_of(paragraph: str) -> list[Part]:
    """Words and equations of a paragraph in their order; a first formula may be no equation."""
    if "←" in paragraph.split("`")[0]:
        text, where, words = paragraph.rstrip(". ").partition(", where ")
        bare = re.split(r",\s+(?=\S+ (?:←|=) )", text)
        return [Part(one.strip(), True) for one in bare] + [Part(f"where {words}")] * bool(where)
    parts, words = [], ""
    for i, piece in enumerate(paragraph.split("`")):
        is_first = i == 1 and not words and _computes(piece)
        if i % 2 and (is_first or _EQUATION.search(piece)):
            parts += [Part(words), Part(piece, True)]
            words = ""
        else:
            words += f"`{piece}`" if i % 2 else piece
    trimmed = [p if p.is_formula else Part(_trimmed(p.text)) for p in [*parts, Part(words)]]
    return [p for p in trimmed if p.text]


def sentence_parts(sentence: str) -> list[Part]:
    """Words and formulas of a sentence, as they follow each other in a line."""
    pieces = [p for p in re.split(r"(`[^`]+`)", sentence) if p]
    is_formula = [p[0] == "`" and _computes(p.strip("`")) for p in pieces]
    return [Part(p.strip("`") if f else p, f) for p, f in zip(pieces, is_formula, strict=True)]


def _trimmed(words: str) -> str:
    """Words between two formulas, without the signs and the "and" that only join them."""
    words = words.strip(" ,.;:")
    return "" if words == "and" else words.removesuffix(" and")


def _begins_with_formula(paragraph: str) -> bool:
    first, *quoted = paragraph.split("`")
    return "←" in first or (not first and bool(quoted) and _computes(quoted[0]))


def _computes(text: str) -> bool:
    """Whether what stands between backquotes is a formula, not a name, shape or file."""
    if text.endswith(".py") or _SHAPE.fullmatch(text):
        return False
    return bool(_EQUATION.search(text) or _COMPUTES.search(text))


def _any_formula(text: str) -> list[Part]:
    """The first thing between backquotes that computes something, where there is no equation."""
    quoted = (" ".join(q.split()) for q in _QUOTED.findall(text))
    return [Part(q, True) for q in quoted if _computes(q)][:1]


def gradient_parts(function: Callable) -> list[Part]:
    """What the first sentence of a gradient's docstring says, with its formulas behind it."""
    said = described(function)
    parts = parts_of(said.sentences[0]) if said.sentences else []
    words = [part for part in parts if not part.is_formula][:1]
    return words + _once(part for part in [*parts, *said.forward] if part.is_formula)


class Formulas(NamedTuple):
    """How a class computes, and how gradients go through it."""

    forward: list[Part]
    backward: list[Part]


def formulas_of(cls: type) -> Formulas:
    """The formulas of a layer, loss or optimizer: its own, and those of related classes.

    These are the classes that it extends, and one that its docstring names: `Formula: see X`,
    `The formula ... are those of X`, or the sentence `See X`.
    """
    own = described(cls)
    text = " ".join((inspect.getdoc(cls) or "").split())
    named = [found for name in _FORMULA_OF.findall(text) if (found := _class_of(name))]
    family = [c for c in cls.__mro__[1:] if issubclass(c, _BASES) and c not in _SILENT]
    related = [own, *map(described, named + family)]
    backward = next((one.backward for one in related if one.backward), [])
    return Formulas(_once(part for one in related for part in one.forward), backward)


def _once(parts: Iterable[Part]) -> list[Part]:
    return list(dict.fromkeys(parts))


def _class_of(name: str) -> type | None:
    found = (getattr(module, name, None) for module in _MODULES)
    return next((cls for cls in found if inspect.isclass(cls)), None)


class Lines(NamedTuple):
    """Source lines of a function.

    Attributes:
        name: of the function.
        file: its path from the folder that minicnn is in.
        line: the number of the first line.
        text: the lines, without common indentation.
    """

    name: str
    file: str
    line: int
    text: str


def source_of(function: Callable) -> Lines:
    """The real file's lines of a function."""
    lines, first = inspect.getsourcelines(function)
    path = (function.__module__ or "").replace(".", "/") + ".py"
    return Lines(function.__qualname__, path, first, inspect.cleandoc("\n" + "".join(lines)))
