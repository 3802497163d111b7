"""Elements that several sections of the page use: verdicts, tables, bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from compare.report.html import Html, tag


def section(name: str, title: str, *content: Any) -> Html:
    """A section; the page's list of contents links to it."""
    return tag("section", tag("h2", title), *content, id=name)


def verdict(holds: bool, word: str | None = None) -> Html:
    """A word in green or red with a sign, so that it is readable without colours."""
    sign = "✓" if holds else "✗"
    shown = word or ("holds" if holds else "fails")
    return tag("strong", f"{sign} {shown}", class_="good" if holds else "bad")


TAGS = re.compile("<[^>]*>")
LONG, BRIEF = 20, 16  # letters
ESCAPES = re.compile("\x1b\\[[0-9;]*m")  # colours of a terminal, in messages of libraries


def sentence(message: Any, most: int = 200) -> str:
    """An error message in one line of limited length."""
    line = " ".join(ESCAPES.sub("", str(message)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def number(value: Any) -> str:
    """The text of a value in a cell; floats have two digits."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2g}"
    return str(value)


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Any]], bad: Sequence[bool] = ()
) -> Html | None:
    """A table that becomes a list of cards on a narrow page; none without rows.

    Numbers are aligned to the right; a column of long texts is as wide as its card.
    """
    if not rows:
        return None
    classes = [_class([row[i] for row in rows]) for i in range(len(heads))]
    marks = [*bad, *[False] * (len(rows) - len(bad))]
    body = [
        tag(
            "tr",
            [
                tag("td", _text(cell), data_label=head, class_=class_)
                for head, cell, class_ in zip(heads, row, classes, strict=True)
            ],
            class_="bad" if wrong else None,
        )
        for row, wrong in zip(rows, marks, strict=True)
    ]
    titles = [
        tag("th", head, scope="col", class_=class_)
        for head, class_ in zip(heads, classes, strict=True)
    ]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", titles)), tag("tbody", body), class_="cards"),
        class_="wide",
    )


def _text(cell: Any) -> str:
    return cell if isinstance(cell, Html) else number(cell)


def _class(cells: Sequence[Any]) -> str | None:
    """The CSS class of a column, by what its cells have."""
    if all(isinstance(cell, (int, float, type(None))) for cell in cells):
        return "number"
    longest = max(len(TAGS.sub("", _text(cell))) for cell in cells)
    return "words" if longest > LONG else "brief" if longest <= BRIEF else None


def stacked(name: str, parts: dict[str, int], label: str) -> Html:
    """A bar of several parts, which are CSS classes with their sizes."""
    every = sum(parts.values()) or 1
    filled = [
        tag("span", class_=f"fill {part}", style=f"width:{100 * size / every:.2f}%")
        for part, size in parts.items()
        if size
    ]
    return tag("div", tag("b", name), tag("span", filled, class_="track"), tag("span", label))


def folded(title: str, *content: Any) -> Html:
    """Content that is shown when its title is clicked."""
    return tag("details", tag("summary", title), *content)


def bar(name: str, count: float, of: float, label: str = "", weak: bool = False) -> Html:
    """A bar with its name on the left and its number on the right."""
    part = 100 * count / of if of else 0
    filled = tag("span", class_="fill weak" if weak else "fill", style=f"width:{part:.1f}%")
    word = label or f"{count} of {of}"
    return tag("div", tag("b", name), tag("span", filled, class_="track"), tag("span", word))
