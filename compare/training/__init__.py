"""Networks and optimizers trained on minicnn and on real Keras, compared after every step.

Both start from the same weights and are given the same batches in the same order, without dropout.
Two such trainings in float32 drift apart, whatever the libraries are. How far is taken from Keras
alone, which is trained again with numbers that differ by rounding: every weight, pixel and setting
of the optimizer is a float32 next to what it was, and the rows of each batch are in another order.
The largest difference of these up to a step, times 16, is the band that float32 explains. At the
kinks of ReLU and of maxima chance decides, and one training must be the first to go another way.
Where that is minicnn, so that it leaves the band, up to 32 more neighbours are asked, which are
moved by 16 places, and only what none of them explains is outside.

A row shows, for the weights or the loss that come closest to the band after the last step, the
difference, the band and the share of the band that is used; the largest share after any step; for
how many steps the band is below a thousandth; and the first step and tensor that leave it, if any.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from compare import worker
from compare.arguments import at_least
from compare.libraries import EXTRAS
from compare.libraries.minicnn import MiniCNN
from compare.outcome import Outcome
from compare.table import print_table, progress
from compare.training import cases
from compare.training.band import LOSS, Comparison, distance, size
from compare.training.running import Step, Trainee, batches

SUMMARY = "train networks on both, with every optimizer, and compare loss and weights step by step"
HEADS = (
    *("network", "optimizer", "loss", "after", "difference", "band"),
    *("share", "at most", "sharp for", "verdict"),
)
STEPS, QUICK_STEPS = 200, 50
NOTHING = "float32 explains so much from the first step on that this proves nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare training`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--steps", type=at_least(1), help=f"of each training (default {STEPS})")
    parser.add_argument("--quick", action="store_true", help=f"fewer networks, {QUICK_STEPS} steps")
    parser.add_argument(
        "--only", metavar="WORD", help="trainings with this in their label, as convnet or Adam"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Train all and print a row for each."""
    every = cases.QUICK if options.quick else cases.ALL
    wanted = [case for case in every if options.only is None or options.only in case.label]
    if not wanted:
        return Outcome(failure=f"no training has {options.only!r} in its label.")
    worker.check_installed(options.backend)
    steps = options.steps or (QUICK_STEPS if options.quick else STEPS)
    started = [(case, Trainee(MiniCNN(), case).weights()) for case in wanted]
    answers = worker.in_keras(options.backend, "compare.training.running:in_keras", started, steps)
    results = []
    for i, (case, start) in enumerate(started):
        progress(i, len(wanted), f"{case.label}, {steps} steps")
        more = functools.partial(_more, options.backend, case, start)
        results.append(tried(case, start, steps, answers, more))
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
    return Outcome(results, summary, _failure(results, missing))


def _more(backend: str, case: cases.Case, start: list[np.ndarray], steps: int) -> np.ndarray:
    function = "compare.training.running:more_neighbours"
    with contextlib.closing(worker.in_keras(backend, function, case, start, steps)) as answers:
        return next(answers)


def tried(
    case: cases.Case,
    start: list[np.ndarray],
    steps: int,
    answers: Iterator[Any],
    more: Callable[[int], np.ndarray] | None = None,
) -> dict[str, Any]:
    """Train minicnn beside what comes from Keras. An error of minicnn's is a result, too.

    `more` asks more neighbours of Keras for the first steps: how many of them.
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
        asked = _explained_by(more, compared) if more else 0
        return {**found, **described(compared), "asked again for": asked}
    except Exception as error:
        wrong = f"minicnn raised {type(error).__name__}: {error}"
        return {**found, "holds": False, "wrong": wrong}


def _explained_by(more: Callable[[int], np.ndarray], compared: Comparison) -> int:
    """Widen the band by what more neighbours do, as long as minicnn leaves it before them.

    Returns the number of steps that they were asked for.
    """
    asked = 0
    while (left := compared.leaves()) and left[0] >= asked:
        asked = min(2 * left[0] + 2, len(compared.ours))
        compared.spread[:asked] = np.maximum(compared.spread[:asked], more(asked))
    return asked


def _compared(
    case: cases.Case, start: list[np.ndarray], keras: list[Step], spread: np.ndarray
) -> Comparison:
    trainee = Trainee(MiniCNN(), case)
    losses, distances = [], []
    for ours, theirs in zip(trainee.steps(start, batches(len(keras))), keras, strict=True):
        losses.append(ours.loss)
        distances.append(distance(ours, theirs))
    return Comparison(
        names=[LOSS, *trainee.names],
        ours=losses,
        keras=[step.loss for step in keras],
        distances=np.array(distances),
        spread=spread,
        sizes=np.array([size(step) for step in keras]),
    )


def described(compared: Comparison) -> dict[str, Any]:
    """The verdict and what it rests on."""
    left = compared.leaves()
    first = compared.at(*left) if left else None
    wrong = _sentence(first) if first else None if compared.sharp else NOTHING
    return {
        "holds": wrong is None,
        "wrong": wrong,
        "sharp": compared.sharp,
        "first outside": first,
        "at the end": compared.at(*compared.fullest(len(compared.ours) - 1)),
        "at most": compared.at(*compared.fullest()),
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
        *(result["at most"]["share"], result["sharp"], result["wrong"] or "holds"),
    )


def _failure(results: list[dict[str, Any]], missing: list[str]) -> str | None:
    wrong = [f"{r['case']}: {r['wrong']}" for r in results if not r["holds"]]
    reasons = []
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        first = f"{'; '.join(wrong[:3])}{more}"
        reasons.append(f"{len(wrong)} of {len(results)} trainings do not hold: {first}")
    if missing:
        reasons.append(f"nothing is trained with {', '.join(missing)}")
    return ". ".join(reasons) + "." if reasons else None
