"""`minicnn run FILE.py`: runs a Keras program unchanged on minicnn."""

from __future__ import annotations

import argparse
import builtins
import sys
from pathlib import Path
from types import ModuleType, TracebackType

from minicnn.as_keras import names

SUMMARY = "run a Keras program unchanged, with the name keras bound to minicnn"
DESCRIPTION = """Runs a Keras program as Python would, but with `keras`, `tensorflow.keras` and the
functions and types of TensorFlow that such programs use bound to minicnn. Any other name of
TensorFlow is an error that says what is nearest."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn run`."""
    parser.add_argument("file", metavar="FILE.py", help="the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its own arguments")


def command(options: argparse.Namespace) -> int:
    """Run the program. Errors and exit code are the same as with Python."""
    try:
        source = Path(options.file).read_bytes()
    except OSError as error:
        print(f"minicnn run: cannot open {options.file}: {error.strerror}.", file=sys.stderr)
        return 2
    names.bind()
    _execute(options.file, options.arguments, source)
    return 0


def _execute(file: str, arguments: list[str], source: bytes) -> None:
    """Run the program as `__main__`, with `sys` set as by `python FILE.py arguments`."""
    path = str(Path(file).absolute())
    program = ModuleType("__main__")
    program.__file__ = path
    program.__builtins__ = builtins
    sys.modules["__main__"] = program
    sys.argv = [file, *arguments]
    sys.path[0] = str(Path(file).resolve().parent)
    sys.excepthook = _show_error
    exec(compile(source, path, "exec", dont_inherit=True), vars(program))


def _show_error(kind: type, error: BaseException, traceback: TracebackType | None) -> None:
    """Print an error as Python does, without the entries of `minicnn run` in the traceback."""
    shown = _without_runner(traceback)
    sys.__excepthook__(kind, error.with_traceback(shown), shown)


def _without_runner(traceback: TracebackType | None) -> TracebackType | None:
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    program = sys.modules["__main__"].__file__
    starts = (i for i, entry in enumerate(entries) if _file(entry) == program)
    kept = [
        entry
        for entry in entries[next(starts, len(entries)) :]
        if not names.is_internal(_file(entry))
    ]
    shown = None
    for entry in reversed(kept):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shown


def _file(entry: TracebackType) -> str:
    return entry.tb_frame.f_code.co_filename
