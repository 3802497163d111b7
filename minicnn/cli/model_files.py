"""What the commands that look into a `.keras` file share: opening it, errors, tables that fit."""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minicnn.common.printing import print_msg, printable
from minicnn.common.suggest import clipped
from minicnn.common.tables import Table
from minicnn.saving import load_model

_ERRORS = (OSError, ValueError, TypeError, ImportError, NotImplementedError, MemoryError)


def one_sentence(name: str) -> Callable:
    """Makes a command end with exit code 2 and one line where the file, image or options are bad.

    Args:
        name: the command's name.
    """

    def decorate(command: Callable[[argparse.Namespace], None]) -> Callable:
        @functools.wraps(command)
        def run(options: argparse.Namespace) -> int:
            try:
                command(options)
            except BrokenPipeError:  # the reader, such as `head`, has seen enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            except _ERRORS as error:
                print(f"minicnn {name}: {message(error)}", file=sys.stderr)
                return 2
            except KeyboardInterrupt:
                print("\nInterrupted.", file=sys.stderr)
                return 130
            return 0

        return run

    return decorate


def message(error: BaseException) -> str:
    """An error's text as one line that a terminal can show."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}."
    return printable(clipped(" ".join(str(error).split()), 700)) or type(error).__name__


def opened(file: str) -> Any:
    """The model in a file; the error for an unknown class says how to see the file nevertheless."""
    try:
        with warnings.catch_warnings():  # the optimizer's state is of no use here
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            return load_model(file)
    except TypeError as error:
        what = message(error).partition(" If it is your own")[0].partition(" Full object")[0]
        raise TypeError(
            f"{what} The command knows the classes of Keras only; what is in the file is listed "
            f"nevertheless by: minicnn show {file}"
        ) from error


def width() -> int:
    """Characters in a line: those of the terminal, at least 80; 120 where there is none."""
    return max(80, shutil.get_terminal_size((120, 24)).columns)


def say(text: str) -> None:
    """Prints a sentence, broken where the line ends."""
    print_msg(textwrap.fill(text, width(), break_long_words=False))


def show(result: Any, spare: Sequence[str] = (), line: int | None = None) -> None:
    """Prints a table, or the table of a result, so that it fits the line.

    Args:
        result: a `Table`, or a result with a method `table`.
        spare: columns to leave out where it is too wide, the first ones first.
        line: characters in a line, by default those of the terminal.
    """
    table = result if isinstance(result, Table) else result.table()
    print_msg(fitted(table, line or width(), spare))


def fitted(table: Table, line: int, spare: Sequence[str] = ()) -> str:
    """A table's text, without some columns if it would be wider than a line; notes are wrapped.

    Where that does not suffice, long names in the first column lose their beginning.

    >>> table = Table("Fruit", ["kind", "colour"], [["apple", "red"]], notes=["One is left."])
    >>> print(fitted(table, 10, spare=["colour"]))
    Fruit
    kind
    ─────
    apple
    One is
    left.
    Left out,
    as the
    line is
    short:
    colour.
    """
    bare, left_out = _without(table, ()), []
    for name in spare:
        if _widest(bare) <= line:
            break
        left_out.append(name)
        bare = _without(table, left_out)
    bare = _with_short_names(bare, _widest(bare) - line)
    notes = [*table.notes]
    if left_out:
        notes.append(f"Left out, as the line is short: {', '.join(left_out)}.")
    return "\n".join([str(bare), *(part for note in notes for part in textwrap.wrap(note, line))])


def _without(table: Table, names: Sequence[str]) -> Table:
    kept = [i for i, column in enumerate(table.columns) if column not in names]
    rows = [[row[i] for i in kept] for row in table.rows]
    total = table.total and [table.total[i] for i in kept]
    return Table(table.title, [table.columns[i] for i in kept], rows, total)


def _with_short_names(table: Table, excess: int) -> Table:
    """The same with the first column narrower; of long names (paths) the end is kept."""
    longest = max([8, *(len(row[0]) for row in table.rows)]) - max(excess, 0)
    rows = [
        [row[0] if len(row[0]) <= longest else f"…{row[0][1 - max(longest, 8) :]}", *row[1:]]
        for row in table.rows
    ]
    return Table(table.title, table.columns, rows, table.total)


def _widest(table: Table) -> int:
    return max(map(len, str(table).splitlines()[1:]))  # without the title
