"""What a docstring says: its first sentences, its formulas, its source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

SECTIONS = re.compile(
    r"^(?:Args|Arguments|Attributes|Returns|Raises|Source|Example|Call arguments|See also):"
    r"|^\s*>>> ",
    re.MULTILINE,
)
_QUOTED = re.compile(r"`([^`]+)`")
_EQUATION = re.compile(r"(?<![=<>!+])=(?!=)|←|\+=")
_COMPUTES = re.compile(r"[·/√Σ−²ˣ^]|\w\(| [-+] ")
_SHAPE = re.compile(r"\([\w.*, ·/]*\)")


class Described(NamedTuple):
    """What a docstring says.

    Attributes:
        sentences: the text in front of the arguments, in paragraphs, as it is written.
        formulas: the formulas in it.
        source: the paper; empty if none is named.
    """

    sentences: list[str]
    formulas: list[str]
    source: str


def described(thing: Any) -> Described:
    """The parts of the docstring of a class or function."""
    text = inspect.getdoc(thing) or ""
    end = SECTIONS.search(text)
    head = text[: end.start()] if end else text
    source = re.search(r"^Source: (.+?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    paragraphs = [" ".join(p.split()) for p in head.split("\n\n") if p.strip()]
    found = list(dict.fromkeys(_formulas(head)))
    sentences = [p for p in paragraphs if not (found and _is_formula(p))]
    return Described(sentences, found, " ".join(source[1].split()) if source else "")


def _is_formula(paragraph: str) -> bool:
    bare = paragraph.strip("`. ")
    return (paragraph.startswith("`") and bare.count("`") == 0) or "←" in paragraph.split("`")[0]


def _formulas(text: str) -> Iterator[str]:
    """Equations between backquotes, and paragraphs of equations without; else any formula."""
    quoted = [" ".join(q.split()) for q in _QUOTED.findall(text)]
    equations = [q for q in quoted if _EQUATION.search(q)]
    outside = _QUOTED.sub("", text)
    for paragraph in outside.split("\n\n"):
        if "←" in paragraph and not paragraph.lstrip().startswith("With"):
            joined = " ".join(paragraph.split()).rstrip(". ")
            equations += [part.strip() for part in re.split(r",\s+(?=\S+ (?:←|=) )", joined)]
    equations = [e for e in equations if _EQUATION.search(e) and len(e) < 120]
    others = (q for q in quoted if _COMPUTES.search(q) and not _SHAPE.fullmatch(q))
    yield from equations or list(others)[:1]


def gradient_formulas(function: Callable) -> tuple[str, list[str]]:
    """The first sentence of a gradient's docstring, and the formulas behind its colon."""
    said = described(function)
    text = said.sentences[0] if said.sentences else ""
    start, colon, behind = text.partition(": ")
    if colon and start.startswith("Cotangent"):
        return text, [f for f in _formulas(behind) if not f.startswith("y >")]
    return text, said.formulas


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
