"""Runs every comparison, one after the other, then makes the report.

A part that fails does not stop the others; the failed parts are listed at the end. One folder has
the results of each part (`.json`), its printed text (`.txt`) and the report.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from compare.cli.only import chosen
from compare.cli.outcome import Outcome
from compare.cli.table import StreamedTable, paragraph, progress
from compare.libraries import EXTRAS

SUMMARY = "run all comparisons and make the report"
PROGRAMS = Path(__file__).parent / "programs"
COLUMNS = {"part": 22, "minutes": 7, "result": 6, "": 79}


class Part(NamedTuple):
    """A command of `compare` with its arguments; `name` is the name of its files."""

    name: str
    arguments: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare all`."""
    parser.add_argument("--quick", action="store_true", help="the short version, for two cores")
    parser.add_argument(
        "--only", metavar="WORD", help="parts with this in their name, as parity or script"
    )
    parser.add_argument(
        "--results", metavar="FOLDER", default="runs/compare", help="default: runs/compare"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run all parts and print a line for each."""
    folder = Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = chosen(parts(options.quick), options.only, lambda part: part.name, "part")
    table, results = StreamedTable(COLUMNS), []

    def run(part: Part, *more: str) -> None:
        progress(len(results), len(wanted) + 1, part.name)
        results.append(run_part(part, folder, *more))
        progress(1, 1, "")
        table.add(_row(results[-1]), None if results[-1]["passed"] else "bad")

    for part in wanted:
        run(part, "--json", str(folder / f"{part.name}.json"))
    written = [str(file) for p in wanted if (file := folder / f"{p.name}.json").exists()]
    report = folder / "report.html"
    if written:
        making = Part("report", ("report", *written, "--output", str(report)))
        run(making)
    print(paragraph(f"\n{sum(r['minutes'] for r in results):.1f} minutes. The report: {report}"))
    failed = [r["part"] for r in results if not r["passed"]]
    failure = f"{', '.join(failed)}: see the .txt files in {folder}." if failed else None
    return Outcome(results, {"parts": len(results), "failed": failed}, failure)


def parts(quick: bool) -> list[Part]:
    """The parts to run."""
    short = ("--quick",) if quick else ()
    return [
        *(Part(f"parity-{b}", ("parity", "--backend", b)) for b in _backends(quick)),
        Part("training", ("training", *short)),
        Part("mutants", ("mutants",)),
        *([] if quick else [Part("sampled-mutants", ("mutants", "--sample", "100"))]),
        Part("fuzz", ("fuzz", "--examples", "12" if quick else "240")),
        Part("conformance", ("conformance", *short)),
        *(
            Part(f"script-{f.stem}", ("script", str(f), "--same-weights"))
            for f in sorted(PROGRAMS.glob("*.py"))
        ),
        Part("accuracy", ("accuracy", *short)),
    ]


def _backends(quick: bool) -> Iterator[str]:
    """TensorFlow; in the long version also Keras's other backends, if they are installed."""
    for backend in EXTRAS:
        if backend == "tensorflow" or (not quick and importlib.util.find_spec(backend)):
            yield backend


def run_part(part: Part, folder: Path, *more: str) -> dict[str, Any]:
    """Run a part in a process of its own; return whether it passed and its last printed line."""
    (folder / f"{part.name}.json").unlink(missing_ok=True)
    printed = folder / f"{part.name}.txt"
    start = time.perf_counter()
    with printed.open("w") as output:
        command = [sys.executable, "-m", "compare", *part.arguments, *more]
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
    text = printed.read_text(errors="replace").replace("\n  ", " ")  # sentences go on indented
    lines = [line for line in text.splitlines() if line.strip()]
    return {
        "part": part.name,
        "passed": code.returncode == 0,
        "minutes": (time.perf_counter() - start) / 60,
        "last line": lines[-1].strip() if lines else "",
    }


def _row(result: dict[str, Any]) -> tuple:
    verdict = "holds" if result["passed"] else "FAILED"
    return (result["part"], result["minutes"], verdict, result["last line"])
