"""The table of all cases of `parity`, which the page's script sorts and searches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from compare.report.html import Html, data, joined, tag
from compare.report.parts import number

FIRST = 30  # rows that are shown without the script


class Column(NamedTuple):
    """A column: its key in a row, its title, what it says, and whether it has numbers.

    The page finds cells by the key and the style by the class, so columns may be moved.
    """

    key: str
    title: str
    why: str
    is_number: bool = False

    @property
    def class_(self) -> str:
        """The CSS class of its cells."""
        return "number" if self.is_number else "words"


TRUTH = "largest difference from the float64 truth over its largest entry"
ULP = "the same in units in the last place of float32"
COLUMNS = (
    Column("case", "Case", "the class or function, its settings, the shapes of its inputs"),
    Column("quantity", "Worst quantity", "the compared quantity that is closest to its limit"),
    Column("ours", "minicnn", TRUTH, True),
    Column("ours ulp", "ulp", ULP, True),
    Column("keras", "Keras", TRUTH, True),
    Column("keras ulp", "ulp", ULP, True),
    Column("limit", "Explained", "the largest error that rounding explains in an entry", True),
    Column(
        "share",
        "Share of limit",
        "the largest part of its limit that an entry of minicnn is off",
        True,
    ),
    Column("verdict", "Verdict", "whether both stay within what rounding explains"),
)
HIDDEN = ("backend", "kind", "precision", "wrong")  # what rows are chosen by

Row = dict[str, Any]


def render(rows: Sequence[Row]) -> Html:
    """Controls, the first rows, and all rows as data for the script."""
    heads = [
        tag(
            "th",
            tag("button", column.title, type="button"),
            title=column.why,
            scope="col",
            data_key=column.key,
            class_=column.class_,
        )
        for column in COLUMNS
    ]
    body = [
        tag("tr", [_cell(row, c) for c in COLUMNS], class_="bad" if row["wrong"] else None)
        for row in rows[:FIRST]
    ]
    table = tag(
        "table",
        tag("thead", tag("tr", heads)),
        tag("tbody", body),
        id="parity-table",
        class_="cards",
    )
    return joined(
        [
            tag("h3", "All cases"),
            _controls(rows),
            tag("div", table, class_="wide"),
            tag("button", "Show more", type="button", id="parity-more", hidden=True),
            data("parity-rows", as_data(rows)),
        ]
    )


def as_data(rows: Iterable[Row]) -> dict[str, list]:
    """The keys, and for each row its values in their order; numbers with three digits."""
    keys = [*(column.key for column in COLUMNS), *HIDDEN]
    return {"keys": keys, "rows": [[_short(row[key]) for key in keys] for row in rows]}


def _short(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return float(f"{value:.3g}") if isinstance(value, float) and math.isfinite(value) else value


def _cell(row: Row, column: Column) -> Html:
    return tag(
        "td",
        number(row[column.key]),
        data_key=column.key,
        data_label=column.title,
        class_=column.class_,
    )


def _controls(rows: Sequence[Row]) -> Html:
    choices = [
        _choice(key.capitalize(), key, dict.fromkeys(row[key] for row in rows))
        for key in ("kind", "backend", "precision")
    ]
    return tag(
        "form",
        tag("label", "Find ", tag("input", type="search", name="word", placeholder="Conv2D")),
        choices,
        tag("label", tag("input", type="checkbox", name="failing"), " only cases that do not hold"),
        tag("output", f"{len(rows)} cases", class_="quiet"),
        id="parity-controls",
        class_="controls",
    )


def _choice(label: str, name: str, values: dict[str, None]) -> Html | None:
    """A list to choose a value from; there is none where all rows have the same."""
    if len(values) < 2:
        return None
    options = [tag("option", "all", value="")] + [tag("option", v, value=v) for v in values]
    return tag("label", f"{label} ", tag("select", options, name=name))
