"""Parses the command line, measures, prints tables and writes the results."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, plan, report, tables
from benchmarks.libraries import LIBRARIES, NAMED, OURS
from benchmarks.rounds import Measurement, run
from benchmarks.worker import Failed, Worker
from compare.cli.table import progress

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks of the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    chosen = plan.QUICK if options.quick else plan.FULL
    if options.rounds:
        chosen = chosen._replace(rounds=options.rounds)
    names = [OURS, *(name for name in options.libraries if name != OURS)]
    folder = Path(options.output or (HERE if _is_full(options) else "runs/benchmarks"))
    about: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "plan": " ".join(sys.argv[1:] if arguments is None else arguments) or "full",
        "machine": machine.describe(),
    }
    measured: list[Measurement] = []
    trouble = ""
    try:
        _measure(chosen, options, names, about, measured)
    except KeyboardInterrupt:
        trouble = "interrupted"
    except Failed as error:
        trouble = str(error)
    if trouble:
        print(f"\nbenchmarks: {trouble}\nWhat was measured so far follows.", file=sys.stderr)
        about["plan"] += ", ended early"
        folder = Path(options.output or "runs/benchmarks")
    about["load_after"] = machine.load()
    print(f"{report.facts(about)}\n\n{tables.targets_table(measured)}\n")
    for line in tables.failures(measured):
        print(f"failed: {line}")
    print("Written:", *report.write(folder, about, measured), sep="\n  ")
    return int(bool(trouble))


def _measure(
    chosen: plan.Plan,
    options: argparse.Namespace,
    names: Sequence[str],
    about: dict[str, Any],
    measured: list[Measurement],
) -> None:
    total = plan.count(chosen, options.only, options.networks)
    start = time.perf_counter()
    with contextlib.ExitStack() as stack:
        progress(0, total, "starting the libraries")
        workers = {name: stack.enter_context(Worker(NAMED[name])) for name in names}
        _read_versions(workers, about)
        steps = plan.steps(chosen, options.only, options.networks, workers, measured)
        for number, (measurement, candidates, rounds) in enumerate(steps):
            left = (time.perf_counter() - start) / max(1, number) * (total - number) / 60
            about_left = f" (about {left:.0f} min left)" if number > 2 else ""

            def tell(doing: str, number: int = number, rest: str = about_left) -> None:
                progress(number, total, doing + rest)

            run(measurement, candidates, rounds, tell)
            measured.append(measurement)
            progress(total, total, "")
            if number == 0 or measured[-2].section != measurement.section:
                print(f"\n{tables.HEADINGS[measurement.section]}")
            print(tables.line(measurement), flush=True)


def _read_versions(workers: dict[str, Worker], about: dict[str, Any]) -> None:
    """Read the versions of all libraries. One that cannot be imported is left out."""
    about["versions"] = {}
    for name, worker in tuple(workers.items()):
        try:
            answer = worker.call("about")
        except Failed as error:
            if name == OURS:
                raise
            print(f"left out: {error}", file=sys.stderr)
            del workers[name]
            continue
        about["versions"] |= answer["versions"]
        about["threads"] = answer["threads"] or about["threads"]


def _is_full(options: argparse.Namespace) -> bool:
    """Whether no option except `--output` was given."""
    return vars(_parser().parse_args([])) == {**vars(options), "output": None}


def _parser() -> argparse.ArgumentParser:
    installed = [library.name for library in LIBRARIES if library.installed()]
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Times minicnn and real Keras on every backend that is installed.",
    )
    choose = {"nargs": "+", "metavar": "NAME"}
    parser.add_argument("--quick", action="store_true", help="eight minutes instead of thirty")
    parser.add_argument(
        "--only",
        choices=plan.SECTIONS,
        default=plan.SECTIONS,
        help=", ".join(plan.SECTIONS),
        **choose,
    )
    parser.add_argument(
        "--networks",
        choices=plan.NETWORKS,
        default=plan.NETWORKS,
        help=", ".join(plan.NETWORKS),
        **choose,
    )
    parser.add_argument(
        "--libraries",
        choices=installed,
        default=installed,
        help=", ".join(installed),
        **choose,
    )
    parser.add_argument("--rounds", type=int, help="how often each measurement is repeated")
    parser.add_argument(
        "--output", help="folder for the results [benchmarks for a full run, else runs/benchmarks]"
    )
    return parser
