"""Prints aligned tables and sentences, with colours, and progress.

They fit into the terminal, and into 120 columns where it is wider or there is none.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

LIMIT, LEAST = 120, 72  # columns of the terminal that are used, at most and at least
GAP = "  "  # between columns of a table
INDENT = "  "  # of what belongs to a line above it
_CODES = {"good": "32", "bad": "31;1", "note": "33", "head": "1"}


def limit() -> int:
    """The columns that everything fits into."""
    return max(LEAST, min(LIMIT, shutil.get_terminal_size((LIMIT, 24)).columns))


def print_table(
    heads: Sequence[str], rows: Sequence[Sequence[Any]], colours: Sequence[str | None] = ()
) -> None:
    """Print rows under their heads, numbers aligned to the right, text to the left.

    `colours` has "good", "bad", "note" or None for each row.
    """
    print("\n".join(lines(heads, rows, colours, _is_coloured())))


def lines(
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    colours: Sequence[str | None] = (),
    coloured: bool = False,
) -> list[str]:
    """The lines of a table. If it is too wide, long texts continue below, in their columns."""
    cells = [[shown(value) for value in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(heads))
    ]
    widest = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    widths = _narrowed(widest, limit())
    painted = itertools.zip_longest([heads, *cells], ["head", *colours])
    return [
        _painted(line, colour if coloured else None)
        for row, colour in painted
        for line in _row(row, widths, right)
    ]


def paragraph(text: str) -> str:
    """The text with lines that fit; those after the first are indented."""
    wrapped = (_wrapped(each, limit(), subsequent_indent=INDENT) for each in text.split("\n"))
    return "\n".join(line for lines in wrapped for line in lines)


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
    text = f"{done}/{total} {what}"[: limit() - 2] if done < total else ""
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


class StreamedTable:
    """A table whose rows are printed one by one, as they are found.

    Its columns have fixed widths, those of `columns`. A longer text continues below, in its column;
    in the last column it continues on lines of its own. On a terminal that is narrower than all
    columns, the first has lines of its own, too, and the other columns are narrower.
    """

    def __init__(self, columns: dict[str, int]):
        self._heads, self._widths = tuple(columns), list(columns.values())
        self._begun = False
        self._is_narrow = self._total() > limit()
        if self._is_narrow:
            self._widths = _narrowed(self._widths[1:], limit() - len(INDENT))

    def add(self, row: Sequence[Any], colour: str | None = None) -> None:
        """Print a row; `colour` is "good", "bad", "note" or None."""
        if not self._begun:
            self._begun = True
            self._print(self._heads, "head")
        *cells, last = row
        fits = width(shown(last)) <= self._widths[-1]
        self._print([*cells, last if fits else ""], colour)
        below = [] if fits else _wrapped(shown(last), min(self._total(), limit()) - 4)
        for line in below:
            self._write(f"    {line}", colour)

    def _total(self) -> int:
        return sum(self._widths) + len(GAP) * (len(self._widths) - 1)

    def _print(self, cells: Sequence[Any], colour: str | None) -> None:
        indent = ""
        if self._is_narrow:
            first, *cells = cells
            for line in _wrapped(shown(first), limit()):
                self._write(line, colour)
            indent = INDENT
        right = [isinstance(cell, (int, float)) for cell in cells]
        for line in _row([shown(cell) for cell in cells], self._widths, right):
            self._write(indent + line, colour)

    def _write(self, line: str, colour: str | None) -> None:
        print(_painted(line, colour if _is_coloured() else None), flush=True)


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """The lines of a row: texts that are wider than their columns continue below."""
    columns = [_pieces(cell, w) for cell, w in zip(cells, widths, strict=True)]
    for pieces in itertools.zip_longest(*columns, fillvalue=""):
        yield GAP.join(map(_padded, pieces, widths, right)).rstrip()


def _pieces(text: str, length: int) -> list[str]:
    fits = width(text) <= length and "\n" not in text
    return [text] if fits else _wrapped(text, length)


def _wrapped(text: str, length: int, subsequent_indent: str = "") -> list[str]:
    """Lines of this length, broken at spaces where there are any."""
    wrapper = textwrap.TextWrapper(
        length, subsequent_indent=subsequent_indent, break_on_hyphens=False
    )
    return wrapper.wrap(text) or [""]


def _padded(text: str, length: int, right: bool) -> str:
    space = " " * max(length - width(text), 0)
    return space + text if right else text + space


def _narrowed(widths: list[int], most: int) -> list[int]:
    """Makes the widest columns narrower until the table has at most so many columns of text."""
    room = most - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _painted(line: str, colour: str | None) -> str:
    return f"\033[{_CODES[colour]}m{line}\033[0m" if colour else line


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
