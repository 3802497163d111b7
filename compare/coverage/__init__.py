"""Finds what `parity` and the tests do not reach in the Numba backend.

Lines and branches: Numba compiles nothing (NUMBA_DISABLE_JIT=1), so that coverage.py sees each line
of a kernel; the small cases of `parity` run, and the tests marked `without_jit`. Pieces of work:
everything is compiled, and large cases run on one thread and on two; each kernel must be cut into
more than four pieces. What is not reached must be in `compare/coverage/unreached.py`, with the
reason.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import paragraph, print_table
from compare.coverage import lines
from compare.coverage.unreached import BOTH, FEW, NOT_CUT

SUMMARY = "find lines, branches and pieces of work of the kernels that nothing checks"
HEADS = ("file", "lines", *(f"{by}: {what}" for by in BOTH for what in ("lines", "branches")))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare coverage`."""
    parser.add_argument(
        "--only", type=str.lower, choices=("lines", "pieces"), help="only one of the two"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run both, print tables and what is missing."""
    if importlib.util.find_spec("coverage") is None:
        raise CannotCompare("coverage is not installed: pip install 'minicnn[compare]'.")
    wrong, results = [], []
    with tempfile.TemporaryDirectory() as folder:
        for what, judge in (("lines", _judge_lines), ("pieces", _judge_pieces)):
            if options.only in (None, what):
                reports = _run(what, Path(folder))
                wrong += judge(reports, results)
    print(paragraph("\n".join(wrong)))
    failure = f"{len(wrong)} are not as listed in compare/coverage/unreached.py." if wrong else None
    return Outcome(results, {"wrong": wrong}, failure)


def _run(what: str, folder: Path) -> dict[str, Path]:
    """The reports of `parity` and of the tests, which run at the same time."""
    files = {by: folder / f"{what} {by}.json" for by in BOTH}

    def run(by: str) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if what == "lines":
            environment["NUMBA_DISABLE_JIT"] = "1"
        program = [sys.executable, "-W", "ignore", "-m", "compare.coverage.run"]
        child = subprocess.run(
            [*program, what, by, files[by]], env=environment, capture_output=True, text=True
        )
        if child.returncode:
            last = "\n".join((child.stdout + child.stderr).splitlines()[-30:])
            raise CannotCompare(f"{what} of {by} ended with an error:\n{last}")

    with ThreadPoolExecutor() as threads:
        list(threads.map(run, BOTH))
    return files


def _judge_lines(files: dict[str, Path], results: list) -> list[str]:
    """Print what ran of each file; returns what is wrong."""
    reports = {by: lines.read(file) for by, file in files.items()}
    rows = []
    for same in zip(*reports.values(), strict=True):
        row = [same[0].file, same[0].lines]
        for each in same:
            row += [_share(each.lines_run, each.lines), _share(each.branches_run, each.branches)]
        rows.append(row)
        results.append(dict(zip(HEADS, row, strict=True)))
    print_table(HEADS, rows)
    missing = {by: [m for r in files for m in r.missing] for by, files in reports.items()}
    wrong = [
        f"not reached by {by}: {each}"
        for by, everything in missing.items()
        for each in everything
        if not lines.listed(each, by)
    ]
    return wrong + [f"reached, so not needed in the list: {e}" for e in lines.unneeded(missing)]


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else ""


def _judge_pieces(files: dict[str, Path], results: list) -> list[str]:
    """Print into how many pieces the work of each kernel was cut; returns what is wrong."""
    counts = {by: json.loads(file.read_text()) for by, file in files.items()}
    heads = ("kernel, or function that cuts work", *(f"{by}: pieces" for by in BOTH))
    rows = [(name, *(counts[by][name] for by in BOTH)) for name in counts[BOTH[0]]]
    print()
    print_table(heads, rows)
    results += [dict(zip(heads, row, strict=True)) for row in rows]
    return [problem for row in rows for problem in _wrong_pieces(*row)]


def _wrong_pieces(name: str, *counts: int) -> Iterator[str]:
    listed, _ = NOT_CUT.get(name, ((), ""))
    for by, count in zip(BOTH, counts, strict=True):
        if count <= FEW and by not in listed:
            yield f"not cut into more than {FEW} pieces by {by}: {name}"
        if count > FEW and by in listed:
            yield f"cut, so not needed in the list: {name} ({by})"
