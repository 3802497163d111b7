"""Parses the command line, measures, prints tables and writes the results."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, own_model, plan, report, tables, two_runs
from benchmarks.libraries import LIBRARIES, NAMED, OURS
from benchmarks.rounds import Measurement, run
from benchmarks.worker import Failed, Worker
from compare.cli.table import progress

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks of the command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        chosen = _chosen(options)
        if options.save or options.against:
            return _two_runs(chosen, options)
    except (own_model.Unusable, two_runs.Unreadable) as error:
        parser.error(str(error))
    names = _names(options)
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
    results = tables.targets_table(measured) if not options.model else tables.results(measured)
    print(f"\n{report.facts(about)}\n\n{results}\n")
    for line in tables.failures(measured):
        print(f"failed: {line}")
    print("Written:", *report.write(folder, about, measured), sep="\n  ")
    return int(bool(trouble))


def _chosen(options: argparse.Namespace) -> plan.Plan:
    """The plan of the options; puts the user's network in the place of ours."""
    chosen = plan.QUICK if options.quick else plan.FULL
    if options.rounds:
        chosen = chosen._replace(rounds=options.rounds)
    if options.model:
        options.networks = [own_model.check_file(options.model)]
        options.only = [name for name in options.only if name in plan.OWN_SECTIONS]
    if options.model or options.batch:
        batches = tuple(options.batch or plan.FULL.batches["convnet"])
        chosen = chosen._replace(batches=dict.fromkeys(options.networks, batches))
    return chosen


def _names(options: argparse.Namespace) -> list[str]:
    """The libraries to time, minicnn first. A user's network runs on those like Keras only."""
    others = [name for name in options.libraries if name != OURS]
    return [OURS, *(name for name in others if NAMED[name].has_keras_api or not options.model)]


def _two_runs(chosen: plan.Plan, options: argparse.Namespace) -> int:
    """Measure minicnn alone; save the run, or compare it with a saved one."""
    then = two_runs.read(options.against) if options.against else None
    about = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": machine.describe(),
    }
    try:
        measured = two_runs.measure(options.networks, options.only, chosen, progress)
    except Failed as error:
        print(f"\nbenchmarks: {error}", file=sys.stderr)
        return 1
    if options.save:
        two_runs.save(options.save, about, measured)
        print(f"{two_runs.times_table(measured)}\n\nWritten: {options.save}")
    if then is None:
        return 0
    found = two_runs.changes(then["runs of minicnn"], measured)
    if not found:
        print(f"{options.against} has none of these measurements.", file=sys.stderr)
        return 1
    print(f"Against the run of {then['date']}:\n\n{two_runs.table(found)}")
    if then["machine"]["processor"] != about["machine"]["processor"]:
        print(f"\nThat run was on another processor: {then['machine']['processor']}.")
    return 0


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
        description="Times minicnn, real Keras on every backend that is installed, and PyTorch.",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        help="time a network of your own: FILE.keras, or FILE.py:function, where "
        "`def function(keras)` returns a model",
    )
    parser.add_argument("--batch", type=int, nargs="+", metavar="N", help="sizes of batches")
    parser.add_argument("--save", metavar="FILE.json", help="time minicnn alone and save the run")
    parser.add_argument(
        "--against",
        metavar="FILE.json",
        help="time minicnn alone and say what differs from that run by more than the noise",
    )
    choose = {"nargs": "+", "metavar": "NAME"}
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter rounds: ten minutes"
    )
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
