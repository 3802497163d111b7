"""Trains a convnet on minicnn and on real Keras from several seeds, and compares test accuracy.

The two runs of a pair have the same initial weights, settings and order of the images, and the
same seed for dropout, which each library draws itself. The verdict comes from two one-sided t
tests of the paired differences in test accuracy: "equivalent" if the true difference is between
−margin and +margin. For MNIST the margin is 0.15 points, which is 15 of the 10,000 images. On
Fashion-MNIST, runs from different seeds differ about three times as much, so the margin there is
0.5.

When the results are looked at is fixed before the first run: after `--seeds` pairs, and if that
does not decide, after twice as many, and so on, as far as `--looks` says. Each look has its own
part of the 5 % by which "equivalent" may be wrong (see `statistics.py`), so it is right to go on
after an inconclusive result: the same command with one more look continues.

Each finished run is saved to a file at once, so the command continues where it was stopped. After
a change of minicnn's source, of the training or of Keras's version, the affected runs are repeated.

The JSON file has a result for each run: "dataset", "seed", "library", "accuracy", "loss",
"seconds". Its summary has the plan ("seeds", "looks", "epochs", "images", "margins"), "backend" and
"verdicts", one for each data set at its last look: "dataset", "look", "pairs", "minicnn" and
"keras" ("mean" and "spread"), "difference", "difference spread", "level", "confidence" and
"interval", "margin", "p", "verdict".
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

from compare.accuracy import libraries, runs
from compare.accuracy.finished_runs import FinishedRuns
from compare.accuracy.statistics import LEVEL, UNDECIDED, level_of, pairs_at
from compare.accuracy.verdicts import LEARNED, verdict_on
from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import StreamedTable, paragraph
from compare.libraries import EXTRAS, worker
from minicnn.cli.arguments import at_least

SUMMARY = "train a convnet on both from several seeds and compare the accuracy on two data sets"
COLUMNS = {"data set": 13, "pairs": 5, "minicnn": 7, "spread": 6, "Keras": 5, "spread ": 6}
COLUMNS |= {"difference": 10, "interval": 23, "margin": 6, "p": 7, "verdict": 12}


class Plan(NamedTuple):
    """The pairs at the first look, the looks at most, the training and the margins in points."""

    seeds: int
    looks: int
    epochs: int
    images: int | None
    margins: dict[str, float]


FULL = Plan(10, 1, 3, None, {"mnist": 0.15, "fashion-mnist": 0.5})
QUICK = Plan(4, 1, 2, 6000, {"mnist": 1.0, "fashion-mnist": 2.0})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare accuracy`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--seeds", type=at_least(2), help=f"pairs at the first look (default {FULL.seeds})"
    )
    parser.add_argument("--looks", type=at_least(1), help="looks at most (default 1)")
    parser.add_argument("--epochs", type=at_least(1), help=f"of a run (default {FULL.epochs})")
    parser.add_argument("--images", type=at_least(1), help="use only so many images (default all)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK.seeds} seeds, {QUICK.images:,} images, wide margins: finds large errors only",
    )
    parser.add_argument("--only", type=str.lower, choices=sorted(FULL.margins), help="one data set")
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
    _check_images(plan)
    _keep_plan(plan, finished)
    print(paragraph(_looks(plan)), flush=True)
    table, verdicts, results = StreamedTable(COLUMNS), {}, []
    try:
        for look in range(1, plan.looks + 1):
            open_sets = [d for d in plan.margins if _is_open(verdicts.get(d))]
            found = _runs(open_sets, look, plan, options.backend, finished)
            results = [r for r in results if r["dataset"] not in open_sets] + found
            for dataset in open_sets:
                margin = plan.margins[dataset]
                verdicts[dataset] = verdict_on(dataset, results, margin, plan.images, look)
                table.add(_row(verdicts[dataset]), _colour(verdicts[dataset]))
    except KeyboardInterrupt:
        raise CannotCompare(
            f"interrupted. {options.state} has the finished runs: the same command continues them."
        ) from None
    every = list(verdicts.values())
    wrong = [_sentence(v, plan) for v in every if v["verdict"] != "equivalent"]
    summary = {**plan._asdict(), "backend": options.backend, "verdicts": every}
    return Outcome(results, summary, " ".join(wrong) or None)


def _is_open(verdict: dict[str, Any] | None) -> bool:
    return verdict is None or verdict["verdict"] == UNDECIDED


def _runs(
    datasets: list[str], look: int, plan: Plan, backend: str, finished: FinishedRuns
) -> list[dict[str, Any]]:
    """All runs of these data sets up to a look; new ones are run and saved."""
    pairs = pairs_at(look, plan.seeds)
    tasks = [t for d in datasets for t in runs.tasks(d, pairs, plan.epochs, plan.images)]
    return [
        {"dataset": task.dataset, "seed": task.seed, "library": library.name, **result}
        for library in (libraries.keras(backend), libraries.minicnn())
        for task, result in (libraries.results(library, tasks, finished) if tasks else ())
    ]


def _looks(plan: Plan) -> str:
    """Says when the results are looked at."""
    looks = range(1, plan.looks + 1)
    when = ", ".join(f"{pairs_at(k, plan.seeds)} pairs (level {level_of(k):.2%})" for k in looks)
    return f"Looks after {when}; all looks together are wrong in at most {LEVEL:.0%} of cases."


def _keep_plan(plan: Plan, finished: FinishedRuns) -> None:
    """Save the number of pairs at the first look; raise an error if it was another one before."""
    for dataset in plan.margins:
        key = {"plan": dataset, "epochs": plan.epochs, "images": plan.images}
        saved = finished.get(key)
        if saved is None:
            finished.add(key, {"seeds": plan.seeds})
        elif saved["seeds"] != plan.seeds:
            first, then = (pairs_at(k, saved["seeds"]) for k in (1, 2))
            raise CannotCompare(
                f"{finished.path} has runs on {dataset} that were begun with --seeds {first}: the "
                "number is fixed before the first look, since choosing it later would find "
                f"equivalence too often. --looks 2 goes on to {then} pairs; another --state begins "
                "anew."
            )


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    given = {key: getattr(options, key) for key in ("seeds", "looks", "epochs", "images")}
    margins = {k: v for k, v in plan.margins.items() if options.only in (None, k)}
    return plan._replace(margins=margins, **{k: v for k, v in given.items() if v is not None})


def _check_installed(backend: str) -> None:
    worker.check_installed(backend)
    if importlib.util.find_spec("scipy") is None:
        raise CannotCompare(
            "scipy is not installed; it is needed for the t distribution: pip install scipy."
        )


def _check_images(plan: Plan) -> None:
    """Raise an error if the data are missing."""
    try:
        for dataset in plan.margins:
            runs.images(dataset, plan.images)
    except FileNotFoundError as error:
        raise CannotCompare(str(error)) from None


def _row(verdict: dict[str, Any]) -> tuple:
    means = [f"{verdict[n][k]:.2f}" for n in ("minicnn", "keras") for k in ("mean", "spread")]
    return (
        *(verdict["dataset"], verdict["pairs"], *means, f"{verdict['difference']:+.3f}"),
        "[{:+.3f}, {:+.3f}] {:.1%}".format(*verdict["interval"], verdict["confidence"]),
        *(f"±{verdict['margin']:g}", verdict["p"], verdict["verdict"]),
    )


def _colour(verdict: dict[str, Any]) -> str:
    return {"equivalent": "good", "inconclusive": "note"}.get(verdict["verdict"], "bad")


def _sentence(verdict: dict[str, Any], plan: Plan) -> str:
    """The failure on a data set, as a sentence."""
    low, high = verdict["interval"]
    where = (
        f"the difference is {low:+.3f} to {high:+.3f} points ({verdict['confidence']:.1%}), the "
        f"margin ±{verdict['margin']:g}"
    )
    look = verdict["look"] + 1
    more = f"--looks {look} goes on to {pairs_at(look, plan.seeds)} pairs"
    return {
        "nothing learned": f"{verdict['dataset']}: an accuracy is below {LEARNED:.0%}, so nothing "
        "was learned that could be compared.",
        "inconclusive": f"{verdict['dataset']}: inconclusive after {verdict['pairs']} pairs, "
        f"{where}: {more}, at the level of {level_of(look):.2%} that is kept for it.",
        "not equivalent": f"{verdict['dataset']}: not equivalent, {where}.",
    }[verdict["verdict"]]
