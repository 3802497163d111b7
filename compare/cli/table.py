"""Prints aligned tables on a terminal, with colours, and a line of progress."""

from __future__ import annotations

import os
import sys
import textwrap
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


class StreamedTable:
    """A table whose rows are printed one by one, as they are found.

    Its columns have fixed widths, those of `columns`. A longer text is cut, except in the last
    column, where it continues on lines of its own, so that no line is longer than the table.
    """

    def __init__(self, columns: dict[str, int]):
        self._heads, self._widths = tuple(columns), tuple(columns.values())
        self._begun = False

    def add(self, row: Sequence[Any], colour: str | None = None) -> None:
        """Print a row; `colour` is "good", "bad", "note" or None."""
        if not self._begun:
            self._begun = True
            self._print(self._text(self._heads), "head")
        *cells, last = row
        first, *rest = textwrap.wrap(shown(last), max(self._widths[-1], 12)) or [""]
        fits = not rest and width(first) <= self._widths[-1]
        self._print(self._text([*cells, first if fits else ""]), colour)
        for line in [] if fits else textwrap.wrap(shown(last), sum(self._widths)):
            self._print(f"    {line}", colour)

    def _text(self, cells: Sequence[Any]) -> str:
        parts = [
            _padded(_cut(shown(cell), w), w, isinstance(cell, (int, float)))
            for cell, w in zip(cells, self._widths, strict=True)
        ]
        return "  ".join(parts).rstrip()

    def _print(self, text: str, colour: str | None) -> None:
        painted = colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(f"\033[{_CODES[colour]}m{text}\033[0m" if painted else text, flush=True)


def _cut(text: str, length: int) -> str:
    return text if width(text) <= length else text[: length - 1] + "…"


def _padded(text: str, length: int, right: bool) -> str:
    space = " " * max(length - width(text), 0)
    return space + text if right else text + space
