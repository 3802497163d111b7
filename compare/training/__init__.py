"""Trains networks on minicnn and on real Keras, and compares them after every step.

Both start from the same weights and get the same batches in the same order, without dropout. Two
such trainings in float32 become different, even with the same library. To measure how different,
Keras is trained again with perturbed numbers: every weight, pixel and setting of the optimizer is
replaced by the next float32 number, and the rows of each batch are in another order. The largest
difference of these trainings up to a step, times 16, is the band that float32 explains. At the
kinks of ReLU and of max-pooling, rounding decides which way a training continues. If minicnn
leaves the band, Keras is trained up to 32 more times with numbers perturbed by 16 places; only a
difference that none of these trainings explains is outside.

A row shows the loss or the weights that are closest to the band after the last step: the
difference, the band, and their ratio ("share"); the largest share after any step; for how many
steps the band is narrower than a thousandth; and the first step and tensor outside, if any.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from compare.cli.outcome import Outcome, failure
from compare.cli.table import print_table, progress
from compare.libraries import EXTRAS, worker
from compare.libraries.minicnn import MiniCNN
from compare.training import cases
from compare.training.band import LOSS, Comparison, distance, size
from compare.training.train import RestartableModel, Step, batches
from minicnn.cli.arguments import at_least

SUMMARY = "train networks on both with every optimizer; compare loss and weights after each step"
HEADS = (
    *("network", "optimizer", "loss", "after", "difference", "band"),
    *("share", "at most", "narrow for", "verdict"),
)
STEPS, QUICK_STEPS = 200, 50
NOTHING = "float32 explains large differences from the first step on, so this proves nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare training`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--steps", type=at_least(1), help=f"of each training (default {STEPS})")
    parser.add_argument("--quick", action="store_true", help=f"fewer networks, {QUICK_STEPS} steps")
    parser.add_argument(
        "--only", metavar="WORD", help="only trainings with this in their label: convnet, Adam"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run all trainings and print a row for each."""
    every = cases.QUICK if options.quick else cases.ALL
    wanted = [case for case in every if options.only is None or options.only in case.label]
    if not wanted:
        return Outcome(failure=f"no training has {options.only!r} in its label.")
    worker.check_installed(options.backend)
    steps = options.steps or (QUICK_STEPS if options.quick else STEPS)
    started = [(case, RestartableModel(MiniCNN(), case).weights()) for case in wanted]
    answers = worker.in_keras(options.backend, "compare.training.train:in_keras", started, steps)
    results = []
    for i, (case, start) in enumerate(started):
        progress(i, len(wanted), f"{case.label}, {steps} steps")
        more = functools.partial(_more_perturbed, options.backend, case, start)
        results.append(compare_training(case, start, steps, answers, more))
    progress(len(wanted), len(wanted), "")
    print_table(HEADS, [_row(r) for r in results], [None if r["holds"] else "bad" for r in results])
    failed = [r["case"] for r in results if not r["holds"]]
    print(
        f"\n{len(wanted) - len(failed)} of {len(wanted)} trainings of {steps} steps hold on "
        f"{options.backend}."
    )
    missing = cases.missing()
    summary = {
        "cases": len(wanted),
        "steps": steps,
        "failed": len(failed),
        "without a case": missing,
    }
    wrong = [f"{r['case']}: {r['wrong']}" for r in results if not r["holds"]]
    untrained = f"nothing is trained with {', '.join(missing)}" if missing else None
    return Outcome(results, summary, failure(wrong, len(results), "trainings", untrained))


def _more_perturbed(
    backend: str, case: cases.Case, start: list[np.ndarray], steps: int
) -> np.ndarray:
    function = "compare.training.train:more_perturbed"
    with contextlib.closing(worker.in_keras(backend, function, case, start, steps)) as answers:
        return next(answers)


def compare_training(
    case: cases.Case,
    start: list[np.ndarray],
    steps: int,
    answers: Iterator[Any],
    more: Callable[[int], np.ndarray] | None = None,
) -> dict[str, Any]:
    """Train minicnn and compare it with Keras's training in `answers`.

    An error of minicnn is a result, too. `more(steps)` trains Keras more often with perturbed
    numbers, for the first steps.
    """
    found: dict[str, Any] = {
        "case": case.label,
        "network": case.network,
        "optimizer": repr(case.optimizer),
        "steps": steps,
    }
    keras, spread = list(itertools.islice(answers, steps)), next(answers)
    try:
        compared = _compared(case, start, keras, spread)
        again = _widen_band(more, compared) if more else 0
        return {**found, **verdict(compared), "steps trained again": again}
    except Exception as error:
        wrong = f"minicnn raised {type(error).__name__}: {error}"
        return {**found, "holds": False, "wrong": wrong}


def _widen_band(more: Callable[[int], np.ndarray], compared: Comparison) -> int:
    """Widen the band by more perturbed trainings, as long as minicnn leaves it after their steps.

    Returns the number of their steps.
    """
    steps = 0
    while (outside := compared.first_outside()) and outside[0] >= steps:
        steps = min(2 * outside[0] + 2, len(compared.ours))
        compared.spread[:steps] = np.maximum(compared.spread[:steps], more(steps))
    return steps


def _compared(
    case: cases.Case, start: list[np.ndarray], keras: list[Step], spread: np.ndarray
) -> Comparison:
    model = RestartableModel(MiniCNN(), case)
    losses, distances = [], []
    for ours, theirs in zip(model.steps(start, batches(len(keras))), keras, strict=True):
        losses.append(ours.loss)
        distances.append(distance(ours, theirs))
    return Comparison(
        names=[LOSS, *model.names],
        ours=losses,
        keras=[step.loss for step in keras],
        distances=np.array(distances),
        spread=spread,
        sizes=np.array([size(step) for step in keras]),
    )


def verdict(compared: Comparison) -> dict[str, Any]:
    """The verdict, with the numbers that it is based on."""
    outside = compared.first_outside()
    first = compared.at(*outside) if outside else None
    wrong = _sentence(first) if first else None if compared.narrow_steps else NOTHING
    return {
        "holds": wrong is None,
        "wrong": wrong,
        "narrow steps": compared.narrow_steps,
        "first outside": first,
        "at the end": compared.at(*compared.closest_to_band(len(compared.ours) - 1)),
        "at most": compared.at(*compared.closest_to_band()),
        "curves": compared.curves(),
    }


def _sentence(first: dict[str, Any]) -> str:
    return (
        f"step {first['step']}: {first['tensor']} is off by {first['difference']:.1e}, of which "
        f"float32 explains {first['band']:.1e}"
    )


def _row(result: dict[str, Any]) -> tuple:
    name = (result["network"], result["optimizer"])
    if "curves" not in result:
        return (*name, *[None] * 7, result["wrong"])
    losses, end = result["curves"]["loss keras"], result["at the end"]
    return (
        *(*name, losses[0], losses[-1], end["difference"], end["band"], end["share"]),
        *(result["at most"]["share"], result["narrow steps"], result["wrong"] or "holds"),
    )
