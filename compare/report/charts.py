"""Draws pictures as SVG. Colours are CSS classes, so that they fit light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
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

    def __call__(self, value: float) -> float:
        """The coordinate of a number; a number outside the scale is put at its end."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        part = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + part * (self.end - self.start), 2)


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
