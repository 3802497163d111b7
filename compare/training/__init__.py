"""Trains networks on real Keras, and compares every step of minicnn from the same numbers.

Before each step minicnn gets Keras's weights and the variables of its optimizer. Both make one step
on the same batch, without dropout. What is compared is the step itself: the loss, what was added to
each weight (the update), and the change of each variable of the optimizer. So an error does not
depend on earlier steps, and step 200 is judged as sharply as step 1. (Two trainings that run freely
in float32 become different within a hundred steps, whatever library they use.)

What float32 explains is measured on Keras: each step is repeated from numbers that are perturbed by
one rounding. At a kink of ReLU or of max-pooling, rounding decides which branch is taken. If a step
is outside, it is computed in float64, and the units that are within rounding of their kink are
found; a combination of other branches of these units, each taken at most once, may explain the
difference of all quantities, and what remains is held to the same limits.

A row shows the quantity that was closest to its limit in any step: the difference relative to its
size, the limit, and their ratio ("share"); for how many steps units at a kink were the reason of a
difference; the smallest factor that is noticed ("notices", measured) if all updates are multiplied
by it, as by a wrong learning rate, in the second half of the training, and if the least sensitive
single quantity is.

An optimizer of which Keras on the backend is known to compute other updates is not trained with;
the last lines and "known differences" in the summary of the JSON file name the reason.

The JSON file has for each training: "case", "network", "optimizer", "steps", "holds", "wrong" (a
sentence or None), "first outside" and "at most" (each with "step", "tensor", "difference", "band",
"share"), "kinks" (a list of "step", "units"), "sensitivity" ("learning rate", "best", "median",
"worst", "kinds", and "steps" with those of each sampled step; see `compare.sensitivity`) and
"curves": for each step "loss minicnn", "loss keras", "loss band" (the limit), "weights difference"
and "weights band" (of all updates together, relative to them) and "share".
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from compare import sensitivity
from compare.cli.only import chosen
from compare.cli.outcome import Outcome, failure
from compare.cli.table import StreamedTable, paragraph, progress
from compare.libraries import EXTRAS, worker
from compare.libraries.minicnn import MiniCNN
from compare.training import cases
from compare.training.comparison import Comparison
from compare.training.step import State
from compare.training.train import StepInKeras, StepModel, batches
from minicnn.cli.arguments import at_least

SUMMARY = "train networks with every optimizer; compare each step from the same numbers"
WIDTHS = {"network": 8, "optimizer": 26, "loss": 5, "after": 7, "closest quantity": 24}
COLUMNS = WIDTHS | {"share": 6, "kinks": 5, "notices": 7, "one": 7, "verdict": 7}
STEPS, QUICK_STEPS = 200, 50
TOGETHER = "all updates together"  # as a wrong learning rate changes them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare training`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--steps", type=at_least(1), help=f"of each training (default {STEPS})")
    parser.add_argument("--quick", action="store_true", help=f"fewer networks, {QUICK_STEPS} steps")
    parser.add_argument("--seed", type=at_least(0), default=0, help="of weights and batches")
    parser.add_argument(
        "--only", metavar="WORD", help="only trainings with this in their label: convnet, Adam"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run all trainings and print a row for each."""
    every = cases.QUICK if options.quick else cases.ALL
    wanted = chosen(every, options.only, lambda case: case.label, "training")
    worker.check_installed(options.backend)
    known = {c.label: why for c in wanted if (why := cases.known_difference(c, options.backend))}
    wanted = [case for case in wanted if case.label not in known]
    steps = options.steps or (QUICK_STEPS if options.quick else STEPS)
    started = [(case, StepModel(MiniCNN(), case, options.seed).state()) for case in wanted]
    function, arguments = "compare.training.train:in_keras", (started, steps, options.seed)
    answers = worker.in_keras(options.backend, function, *arguments)
    results, table = [], StreamedTable(COLUMNS)
    for i, (case, start) in enumerate(started):
        progress(i, len(wanted), f"{case.label}, {steps} steps")
        results.append(compare_training(case, start, steps, answers, options.seed))
        progress(1, 1, "")
        table.add(_row(results[-1]), None if results[-1]["holds"] else "bad")
    failed = [r["case"] for r in results if not r["holds"]]
    print(
        f"\n{len(wanted) - len(failed)} of {len(wanted)} trainings of {steps} steps hold on "
        f"{options.backend}."
    )
    for label, why in known.items():
        print(paragraph(f"Not trained, {label}: Keras on {options.backend} {why}."))
    found = overall_sensitivity(results)
    print(paragraph(sensitivity.sentences(found)))
    missing = cases.missing()
    summary = {
        "cases": len(wanted),
        "steps": steps,
        "failed": len(failed),
        "without a case": missing,
        "known differences": known,
        "sensitivity": found,
    }
    wrong = [f"{r['case']}: {r['wrong']}" for r in results if not r["holds"]]
    untrained = f"nothing is trained with {', '.join(missing)}" if missing else None
    return Outcome(results, summary, failure(wrong, len(results), "trainings", untrained))


def compare_training(
    case: cases.Case, start: State, steps: int, answers: Iterator[StepInKeras], seed: int = 0
) -> dict[str, Any]:
    """Compare minicnn's steps with Keras's in `answers`. An error of minicnn is a result, too."""
    found: dict[str, Any] = {
        "case": case.label,
        "network": case.network,
        "optimizer": repr(case.optimizer),
        "steps": steps,
        "seed": seed,
    }
    model, before, error = StepModel(MiniCNN(), case), start, None
    compared = Comparison(case, model.names, model.state_names, steps)
    for batch, keras in zip(batches(steps, seed), answers, strict=False):
        if error is None:
            try:
                compared.add(before, batch, model.step(before, batch), keras)
            except Exception as raised:
                error = f"minicnn raised {type(raised).__name__}: {raised}"
        before = keras.step.state
    if error:
        return {**found, "holds": False, "wrong": error}
    return {**found, **compared.verdict()}


def overall_sensitivity(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The `sensitivity.summary` of the least sensitive quantity of each training.

    "kinds" has one for each kind of quantity, and one for all updates of a step together.
    """
    measured = [(r["case"], s) for r in results if (s := r.get("sensitivity")) and s["quantities"]]
    kinds = [
        (kind, _named(case, of["worst"]))
        for case, found in measured
        for kind, of in found["kinds"].items()
    ]
    kinds += [(TOGETHER, _named(case, found["learning rate"])) for case, found in measured]
    worst = sensitivity.summary(_named(case, found["worst"]) for case, found in measured)
    return {**worst, "kinds": sensitivity.by_kind(kinds)["kinds"]}


def _named(case: str, one: dict[str, Any]) -> sensitivity.Sensitivity:
    return sensitivity.Sensitivity(f"{case}: {one['quantity']}", one["smallest"])


def _row(result: dict[str, Any]) -> tuple:
    name = (result["network"], result["optimizer"])
    if "curves" not in result:
        return (*name, *[None] * 7, result["wrong"])
    losses, most, noticed = (
        result["curves"]["loss keras"],
        result["at most"],
        result["sensitivity"],
    )
    rate, worst = (noticed.get(key) or {} for key in ("learning rate", "worst"))
    return (
        *(*name, losses[0], losses[-1], most["tensor"], most["share"], len(result["kinks"])),
        *(rate.get("smallest"), worst.get("smallest"), result["wrong"] or "holds"),
    )
