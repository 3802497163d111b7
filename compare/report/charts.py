"""Draws pictures as SVG. Colours are CSS classes, so that they fit light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from compare.report.html import Html, tag

Points = Sequence[tuple[float, float]]


class Scale(NamedTuple):
    """Maps numbers to coordinates on a picture."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    whole: bool = False  # whether it has whole numbers only, such as steps

    def __call__(self, value: float) -> float:
        """The coordinate of a number; a number outside the scale is put at its end."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        part = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + part * (self.end - self.start), 2)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """At most so many round numbers on the scale, each with its text."""
        if not self.logarithmic:
            every = rounded(self.low, self.high, max(most - 1, 1))
            return [(v, plain(v)) for v in every if not self.whole or v == int(v)]
        every = powers(self.low, self.high)
        return [(v, power(v)) for v in every[:: math.ceil(len(every) / most)]]


def axes(x: Scale, y: Scale, x_title: str, y_title: str) -> list[Html]:
    """The lines and numbers of both scales. The titles are below on the right, and above."""
    left, right = sorted((x.start, x.end))
    top, bottom = sorted((y.start, y.end))
    return [
        *(line(left, y(v), right, y(v), "grid") for v, _ in y.ticks()),
        *(line(x(v), bottom, x(v), bottom + 4, "grid") for v, _ in x.ticks()),
        *(text(left - 5, y(v) + 4, word, "end") for v, word in y.ticks()),
        *(text(x(v), bottom + 15, word, "middle") for v, word in x.ticks()),
        text(0, top - 9, y_title, class_="axis"),
        text((left + right) / 2, bottom + 30, x_title, "middle", "axis"),
    ]


def picture(width: int, height: int, label: str, *parts: Html | list, class_: str = "") -> Html:
    """An SVG that shrinks with the page; screen readers read the label."""
    return tag(
        "svg",
        *parts,
        viewbox=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        class_=class_ or None,
        style=f"max-width:{width}px",
    )


def text(x: float, y: float, what: str, anchor: str = "start", class_: str | None = None) -> Html:
    """A text on a picture."""
    return tag("text", what, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def curve(points: Points, x: Scale, y: Scale, class_: str) -> Html:
    """A line through points; NaN and infinity are left out."""
    places = " ".join(f"{x(a)},{y(b)}" for a, b in points if math.isfinite(b))
    return tag("polyline", points=places, class_=class_)


def area(points: Points, x: Scale, y: Scale, class_: str) -> Html | None:
    """What is between points and the lower end of a scale; NaN and infinity are left out."""
    finite = [(a, b) for a, b in points if math.isfinite(b)]
    if not finite:
        return None
    upper = [f"{x(a)},{y(b)}" for a, b in finite]
    ends = [f"{x(a)},{y(y.low)}" for a, _ in (finite[-1], finite[0])]
    return tag("polygon", points=" ".join(upper + ends), class_=class_)


def around(numbers: Iterable[float], smallest: float = 1e-12) -> tuple[float, float]:
    """The powers of ten below and above all numbers that are positive and finite."""
    usual = [v for v in numbers if math.isfinite(v) and v > 0] or [smallest]
    low, high = math.floor(math.log10(min(usual))), math.ceil(math.log10(max(usual)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def powers(low: float, high: float) -> list[float]:
    """The powers of ten from low to high."""
    return [10.0**k for k in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]


def power(value: float) -> str:
    """A power of ten as text: 10⁻⁷."""
    return "10" + str(round(math.log10(value))).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )


def rounded(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round numbers in an interval."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def plain(value: float) -> str:
    """A number of a scale as text with at most six digits."""
    return f"{value:.6g}".replace("-", "−")


def legend(*entries: tuple[str, str]) -> Html:
    """Explains the colours; an entry is (CSS class, text)."""
    return tag(
        "p",
        [tag("span", tag("i", class_=f"swatch {c}"), word) for c, word in entries],
        class_="legend",
    )
