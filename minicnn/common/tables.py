"""`Table`: rows of cells as aligned text, and as HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_LIKE_NUMBERS = ("", "–", "unknown", "nan", "inf")
_STYLE = "text-align:{};padding:2px 10px;border:0;white-space:nowrap"


class Table:
    """A title, the names of the columns, rows of cells, perhaps a last row of totals and notes.

    Columns of numbers are aligned at the right, others at the left.

    Example:
        >>> print(Table("Fruit", ["kind", "count"], [["apple", 3], ["pear", 1200]]))
        Fruit
        kind   count
        ────────────
        apple      3
        pear   1,200
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        total: Sequence[Any] | None = None,
        notes: Sequence[str] = (),
    ):
        self.title = title
        self.columns = [*columns]
        self.rows = [[cell_text(x) for x in row] for row in rows]
        self.total = None if total is None else [cell_text(x) for x in total]
        self.notes = [*notes]

    def __str__(self) -> str:
        body = [*self.rows, *([self.total] if self.total else [])]
        widths = [max(len(row[i]) for row in [self.columns, *body]) for i in range(self._width)]
        rights = self._rights()

        def line(cells: Sequence[str]) -> str:
            padded = [
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(cells, widths, rights, strict=True)
            ]
            return "  ".join(padded).rstrip()

        rule = "─" * (sum(widths) + 2 * len(widths) - 2)
        lines = [self.title, line(self.columns), rule, *map(line, self.rows)]
        if self.total:
            lines += [rule, line(self.total)]
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        aligns = ["right" if right else "left" for right in self._rights()]

        def row(cells: Sequence[str], tag: str, style: str = "") -> str:
            parts = [
                f'<{tag} style="{_STYLE.format(align)}">{html.escape(cell)}</{tag}>'
                for cell, align in zip(cells, aligns, strict=True)
            ]
            return f'<tr style="{style}">{"".join(parts)}</tr>'

        line = "border-top:1px solid #999"
        body = [row(cells, "td", line if not i else "") for i, cells in enumerate(self.rows)]
        body += [row(self.total, "th", line)] if self.total else []
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self.notes)
        return (
            f'<div><b>{html.escape(self.title)}</b><table style="border-collapse:collapse">'
            f"{row(self.columns, 'th')}{''.join(body)}</table>{notes}</div>"
        )

    @property
    def _width(self) -> int:
        return len(self.columns)

    def _rights(self) -> list[bool]:
        """Which columns hold numbers."""
        return [
            any(row[i] for row in self.rows) and all(_is_numeric(row[i]) for row in self.rows)
            for i in range(self._width)
        ]


class ShownAsTable:
    """Base of results that print as the table that their `table` method returns."""

    def table(self) -> Table:
        """The result as a table."""
        raise NotImplementedError

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def cell_text(x: Any) -> str:
    """A cell as text: integers with commas, floats with three digits, shapes as tuples.

    >>> cell_text(12345), cell_text(0.000123456), cell_text((2, 3)), cell_text(None)
    ('12,345', '0.000123', '(2, 3)', '')
    """
    if x is None:
        return ""
    if isinstance(x, (bool, str)):
        return str(x)
    if isinstance(x, (int, np.integer)):
        return f"{x:,}"
    if isinstance(x, (float, np.floating)):
        return f"{float(x):.3g}"
    return str(x)


def _is_numeric(cell: str) -> bool:
    """Whether a cell is a number, perhaps with a unit; empty ones and dashes count as such."""
    return cell in _LIKE_NUMBERS or (cell[0] in "0123456789.-−" and "×" not in cell)
