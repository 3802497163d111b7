"""What several sections of the page are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from compare.report.html import Html, tag


def section(name: str, title: str, *content: Any) -> Html:
    """A section that the page's list of contents leads to."""
    return tag("section", tag("h2", title), *content, id=name)


def verdict(holds: bool, word: str | None = None) -> Html:
    """A word in green or red, with a sign, so that colour alone says nothing."""
    sign = "✓" if holds else "✗"
    shown = word or ("holds" if holds else "fails")
    return tag("strong", f"{sign} {shown}", class_="good" if holds else "bad")


ESCAPES = re.compile("\x1b\\[[0-9;]*m")  # colours, in what libraries say


def sentence(said: Any, most: int = 200) -> str:
    """What an error says, in one line of reasonable length."""
    line = " ".join(ESCAPES.sub("", str(said)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def number(value: Any) -> str:
    """A value in a cell: errors with two digits."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2g}"
    return str(value)


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], bad: Sequence[bool] = ()) -> Html:
    """A table that becomes a list of cards on a narrow page. Numbers stand to the right."""
    numeric = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(heads))
    ]
    marks = [*bad, *[False] * (len(rows) - len(bad))]
    body = [
        tag(
            "tr",
            [
                tag(
                    "td",
                    cell if isinstance(cell, Html) else number(cell),
                    data_label=head,
                    class_="number" if right else None,
                )
                for head, cell, right in zip(heads, row, numeric, strict=True)
            ],
            class_="bad" if wrong else None,
        )
        for row, wrong in zip(rows, marks, strict=True)
    ]
    titles = [
        tag("th", head, scope="col", class_="number" if right else None)
        for head, right in zip(heads, numeric, strict=True)
    ]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", titles)), tag("tbody", body), class_="cards"),
        class_="wide",
    )


def folded(title: str, *content: Any) -> Html:
    """What is shown when its title is clicked."""
    return tag("details", tag("summary", title), *content)


def bar(name: str, count: float, of: float, said: str = "", weak: bool = False) -> Html:
    """A bar with its name before and its number after it."""
    part = 100 * count / of if of else 0
    filled = tag("span", class_="fill weak" if weak else "fill", style=f"width:{part:.1f}%")
    word = said or f"{count} of {of}"
    return tag("div", tag("b", name), tag("span", filled, class_="track"), tag("span", word))
