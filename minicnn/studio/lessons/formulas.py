"""Formulas as docstrings write them, `y[n] = Σ_k x[n + k] · w[k]`, as MathML."""

from __future__ import annotations

import re
import unicodedata
from xml.sax.saxutils import escape

_LOWERED = "₀₁₂₃₄₅₆₇₈₉ₖₜₙᵢ₊₋"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀᵗˣ⁻⁺"
_TOKEN = re.compile(
    rf"\s*(?P<number>\d+(?:\.\d+)?)|\s*(?P<script>[{_LOWERED}]+|[{_RAISED}]+)"
    rf"|\s*(?P<name>(?![Σ∏])[^\W\d_][^\W_{_LOWERED}{_RAISED}]*[\u0300-\u036f]?(?:_[a-zA-Z0-9]+)*)"
    r"|\s*(?P<sign>\S)"
)
_FENCES = {"(": ")", "[": "]", "⌊": "⌋", "⌈": "⌉", "{": "}", "⟨": "⟩", "|": "|", "‖": "‖"}
_BIG = "Σ∏"
_SUMS = ("+", "−", "=", "≠", "←", "<", ">", "≤", "≥", ",", ";", ":", "+=")
_PRODUCTS = ("·", "⊙", "∗", "@", "∩", "∖")
_WORDS = ("if", "else", "for", "where", "at", "over", "with", "and", "to")
_LIMITS = ("max", "min", "mean")
_ABOVE = {"\u0304": "¯", "\u0302": "ˆ"}


def mathml(formula: str) -> str:
    """A formula as a `<math>` element.

    A product that is divided becomes a fraction, brackets behind a name an index, `√` a root, `^` a
    power; what the writer of the docstring put in other words stays as it is.
    """
    reader = _Reader(_tokens(formula))
    return f'<math display="block">{_row(reader.everything())}</math>'


def _tokens(formula: str) -> list[tuple[str, str]]:
    text = formula.replace("+=", "⩲").replace("...", "…").replace("-", "−")
    return [(str(found.lastgroup), found[0].strip()) for found in _TOKEN.finditer(text)]


def _element(tag: str, *inside: str) -> str:
    return f"<{tag}>{''.join(inside)}</{tag}>"


def _row(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else _element("mrow", *parts)


class _Reader:
    """Reads the tokens from left to right: sums of products of factors."""

    def __init__(self, tokens: list[tuple[str, str]]):
        self._tokens = tokens
        self._at = 0

    def everything(self) -> list[str]:
        """All parts; a bracket that closes nothing is a sign as any other."""
        parts: list[str] = []
        while self._at < len(self._tokens):
            parts += self._sum("")
            if self._at < len(self._tokens):
                parts.append(_element("mo", escape(self._take())))
        return parts

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _sum(self, closing: str) -> list[str]:
        """Products and the signs between them, up to a closing bracket."""
        parts: list[str] = []
        while True:
            kind, text = self._peek()
            if kind == "end" or text == closing or (kind == "sign" and text in ")]⌋⌉}⟩"):
                return parts
            if kind == "name" and text in _WORDS:
                parts.append(_element("mtext", f"\u00a0{self._take()}\u00a0"))
            elif kind == "sign" and text in _SUMS + ("⩲", "…", "."):
                self._take()
                parts.append(_element("mo", escape("+=" if text == "⩲" else text)))
            else:
                parts.append(self._product())

    def _product(self) -> str:
        """Factors; what stands before a `/` is the numerator."""
        parts = [self._factor()]
        while True:
            kind, text = self._peek()
            if kind == "sign" and text in _PRODUCTS:
                parts.append(_element("mo", self._take()))
                parts.append(self._factor())
            elif text == "/":
                self._take()
                parts = [_element("mfrac", _without_brackets(parts), self._factor(bare=True))]
            elif self._begins_factor(kind, text):
                parts.append('<mspace width="0.17em"></mspace>')
                parts.append(self._factor())
            else:
                return _row(parts)

    @staticmethod
    def _begins_factor(kind: str, text: str) -> bool:
        """Whether a token behind a factor begins another, so that both are multiplied."""
        if kind == "name":
            return text not in _WORDS
        return kind == "number" or text in ("√", "(", "⟨", *_BIG)

    def _factor(self, bare: bool = False) -> str:
        kind, text = self._peek()
        if kind == "end":
            return _element("mrow")
        if text == "√":
            self._take()
            return self._scripts(_element("msqrt", self._factor(bare=True)))
        if text in _BIG:
            return self._big()
        if text in _FENCES:
            return self._scripts(self._fenced(bare))
        self._take()
        if kind == "name":
            return self._called(text)
        return self._scripts(_element("mn" if kind == "number" else "mo", escape(text)))

    def _big(self) -> str:
        """`Σ` with its indices: `Σ_{k, c}` or `Σ_k`."""
        sign = f'<mo largeop="true">{"∑" if self._take() == "Σ" else "∏"}</mo>'
        if self._peek()[1] != "_":
            return self._scripts(sign)
        self._take()
        return _element("munder", sign, self._factor(bare=True))

    def _called(self, text: str) -> str:
        """A name with indices, `x[n, c]`, `x₁`, `max_k`, or called, `max(x, 0)`."""
        name = _name(text)
        while True:
            name = self._scripts(name)
            following = self._peek()[1]
            if following == "[":
                self._take()
                inside = self._sum("]")
                self._close("]")
                name = _element("msub", name, _row(inside))
            elif following == "_":
                self._take()
                under = "munder" if text in _LIMITS else "msub"
                name = _element(under, name, self._factor(bare=True))
            else:
                break
        if self._peek()[1] == "(":
            return self._scripts(_element("mrow", name, self._fenced(False)))
        return name

    def _fenced(self, bare: bool) -> str:
        opening = self._take()
        closing = _FENCES[opening]
        inside = self._sum(closing)
        self._close(closing)
        if (bare and opening == "(") or opening == "{":
            return _row(inside)
        return _element("mrow", _element("mo", opening), *inside, _element("mo", closing))

    def _close(self, closing: str) -> None:
        if self._peek()[1] == closing:
            self._take()

    def _scripts(self, base: str) -> str:
        """What is raised or lowered behind it: `σ²`, `β₁`, `h'`, `x^γ`."""
        while True:
            kind, text = self._peek()
            if kind == "script":
                self._take()
                plain = unicodedata.normalize("NFKC", text)
                shown = _element("mn" if plain.isdigit() else "mi", plain)
                base = _element("msup" if text[0] in _RAISED else "msub", base, shown)
            elif text == "'":
                self._take()
                base = _element("mrow", base, '<mo lspace="0" rspace="0">′</mo>')
            elif text == "^":
                self._take()
                base = _element("msup", base, self._power())
            else:
                return base

    def _power(self) -> str:
        if self._peek()[1] != "−":
            return self._factor(bare=True)
        self._take()
        return _element("mrow", _element("mo", "−"), self._factor(bare=True))


def _without_brackets(parts: list[str]) -> str:
    """A numerator, which needs no brackets around all of it."""
    opening, closing = "<mrow><mo>(</mo>", "<mo>)</mo></mrow>"
    if len(parts) == 1 and parts[0].startswith(opening) and parts[0].endswith(closing):
        return _element("mrow", parts[0][len(opening) : -len(closing)])
    return _row(parts)


def _name(text: str) -> str:
    first, _, rest = text.partition("_")
    if rest and first in _LIMITS:
        return _element("munder", _element("mi", first), _element("mi", rest))
    letters = [c for c in unicodedata.normalize("NFD", first) if c not in _ABOVE]
    if rest and len(letters) == 1:
        return _element("msub", _marked(first), _element("mi", rest.replace("_", " ")))
    return _marked(text)


def _marked(name: str) -> str:
    """A name; one letter with a bar or a hat has it above."""
    letter, *marks = unicodedata.normalize("NFD", name)
    if len(marks) == 1 and marks[0] in _ABOVE:
        sign = f'<mo stretchy="false">{_ABOVE[marks[0]]}</mo>'
        return f"<mover><mi>{escape(letter)}</mi>{sign}</mover>"
    return _element("mi", escape(name))
