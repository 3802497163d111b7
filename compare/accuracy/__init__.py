"""Trains a convnet on minicnn and on real Keras from several seeds, and compares test accuracy.

The two runs of a pair have the same initial weights, settings and order of the images, and the
same seed for dropout, which each library draws itself. The verdict comes from two one-sided t
tests of the paired differences in test accuracy: "equivalent" if, with 95 % confidence, the true
difference is between −margin and +margin. For MNIST the margin is 0.15 points, which is 15 of the
10,000 images. On Fashion-MNIST, runs from different seeds differ about three times as much, so the
margin there is 0.5.

Each finished run is saved to a file at once, so the command continues where it was stopped. After
a change of minicnn's source, of the training or of Keras's version, the affected runs are repeated.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

from compare.accuracy import libraries, runs
from compare.accuracy.finished_runs import FinishedRuns
from compare.accuracy.verdicts import LEARNED, verdict_on
from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import print_table
from compare.libraries import EXTRAS, worker
from minicnn.cli.arguments import at_least

SUMMARY = "train a convnet on both from several seeds and compare the accuracy on two data sets"
HEADS = (
    *("data set", "pairs", "minicnn", "spread", "Keras", "spread"),
    *("difference", "90 % interval", "margin", "p", "verdict"),
)


class Plan(NamedTuple):
    """The number of seeds, epochs and images, and the margins of equivalence in points."""

    seeds: int
    epochs: int
    images: int | None
    margins: dict[str, float]


FULL = Plan(10, 3, None, {"mnist": 0.15, "fashion-mnist": 0.5})
QUICK = Plan(3, 2, 6000, {"mnist": 1.0, "fashion-mnist": 2.0})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare accuracy`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--seeds", type=at_least(2), help=f"pairs of runs (default {FULL.seeds})")
    parser.add_argument("--epochs", type=at_least(1), help=f"of a run (default {FULL.epochs})")
    parser.add_argument("--images", type=at_least(1), help="use only so many images (default all)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK.seeds} seeds, {QUICK.images:,} images, wide margins: finds large errors only",
    )
    parser.add_argument("--only", choices=sorted(FULL.margins), help="one data set")
    parser.add_argument(
        "--state",
        metavar="FILE",
        type=Path,
        default=Path("runs", "compare", "accuracy.jsonl"),
        help="file of the finished runs (default %(default)s); delete it to start again",
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run the trainings that are not finished yet, and compare the accuracies."""
    plan = _plan(options)
    _check_installed(options.backend)
    finished = FinishedRuns(options.state)
    tasks = _tasks(plan)
    try:
        results = [
            {"dataset": task.dataset, "seed": task.seed, "library": library.name, **result}
            for library in (libraries.keras(options.backend), libraries.minicnn())
            for task, result in libraries.results(library, tasks, finished)
        ]
    except KeyboardInterrupt:
        raise CannotCompare(
            f"interrupted. {options.state} has the finished runs: the same command continues them."
        ) from None
    verdicts = [
        verdict_on(dataset, results, margin, plan.images)
        for dataset, margin in plan.margins.items()
    ]
    print_table(HEADS, [_row(v) for v in verdicts], [_colour(v) for v in verdicts])
    wrong = [_sentence(v) for v in verdicts if v["verdict"] != "equivalent"]
    summary = {**plan._asdict(), "backend": options.backend, "verdicts": verdicts}
    return Outcome(results, summary, " ".join(wrong) or None)


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    given = {key: getattr(options, key) for key in ("seeds", "epochs", "images")}
    margins = {k: v for k, v in plan.margins.items() if options.only in (None, k)}
    return plan._replace(margins=margins, **{k: v for k, v in given.items() if v is not None})


def _check_installed(backend: str) -> None:
    worker.check_installed(backend)
    if importlib.util.find_spec("scipy") is None:
        raise CannotCompare(
            "scipy is not installed; it is needed for the t distribution: pip install scipy."
        )


def _tasks(plan: Plan) -> list[runs.Task]:
    """All trainings. Raises an error if their data are missing."""
    try:
        for dataset in plan.margins:
            runs.images(dataset, plan.images)
    except FileNotFoundError as error:
        raise CannotCompare(str(error)) from None
    return [
        task
        for dataset in plan.margins
        for task in runs.tasks(dataset, plan.seeds, plan.epochs, plan.images)
    ]


def _row(verdict: dict[str, Any]) -> tuple:
    means = [f"{verdict[n][k]:.2f}" for n in ("minicnn", "keras") for k in ("mean", "spread")]
    return (
        *(verdict["dataset"], verdict["pairs"], *means, f"{verdict['difference']:+.3f}"),
        "{:+.3f} to {:+.3f}".format(*verdict["interval 90"]),
        *(f"±{verdict['margin']:g}", verdict["p"], verdict["verdict"]),
    )


def _colour(verdict: dict[str, Any]) -> str:
    return {"equivalent": "good", "inconclusive": "note"}.get(verdict["verdict"], "bad")


def _sentence(verdict: dict[str, Any]) -> str:
    """The failure on a data set, as a sentence."""
    low, high = verdict["interval 90"]
    where = f"the difference is {low:+.3f} to {high:+.3f} points (90 %), the margin ±"
    return {
        "nothing learned": f"{verdict['dataset']}: an accuracy is below {LEARNED:.0%}, so nothing "
        "was learned that could be compared.",
        "inconclusive": f"{verdict['dataset']}: inconclusive, {where}{verdict['margin']:g}: more "
        "seeds may decide it.",
        "not equivalent": f"{verdict['dataset']}: not equivalent, {where}{verdict['margin']:g}.",
    }[verdict["verdict"]]
