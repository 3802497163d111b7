"""Prints aligned tables on a terminal, with colours, and a line of progress."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

_CODES = {"good": "32", "bad": "31;1", "note": "33", "head": "1"}


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[Any]], colours: Sequence[str | None] = ()
) -> None:
    """Print rows under their heads, numbers aligned to the right, text to the left.

    `colours` has "good", "bad", "note" or None for each row.
    """
    print("\n".join(lines(heads, rows, colours, sys.stdout.isatty())))


def lines(
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    colours: Sequence[str | None] = (),
    coloured: bool = False,
) -> list[str]:
    """The lines of a table."""
    cells = [[shown(value) for value in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(heads))
    ]
    widths = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    table = [_line(heads, widths, right)] + [_line(row, widths, right) for row in cells]
    if not coloured or "NO_COLOR" in os.environ:
        return table
    painted = zip(table, ["head", *colours, *[None] * (len(rows) - len(colours))], strict=True)
    return [f"\033[{_CODES[colour]}m{line}\033[0m" if colour else line for line, colour in painted]


def shown(value: Any) -> str:
    """The text of a cell. Floats have two digits, which is enough for errors."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2g}"
    return str(value)


def width(text: str) -> int:
    """The number of columns that a text takes on the terminal."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def progress(done: int, total: int, what: str) -> None:
    """Show a line of progress that the next one overwrites; on a terminal only."""
    if not sys.stderr.isatty():
        return
    text = f"{done}/{total} {what}"[:78] if done < total else ""
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (w - width(cell)) + cell if flush else cell + " " * (w - width(cell))
        for cell, w, flush in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()
