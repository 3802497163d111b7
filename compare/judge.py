"""The verdict on a case, from what minicnn, Keras and the truth say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare import kinds
from compare.case import Case
from compare.errors import Error, error, explained
from compare.libraries import Library
from compare.libraries.minicnn import MiniCNN
from compare.libraries.truth import Neighbour, Truth, rounding

CONFIRMED = 1e-6  # how far a gradient in float64 may be from differences of values
NEIGHBOURS = (1, 2)
WIDEST = 1e-2  # if float32 explains larger errors than this, a case proves nothing


@dataclass
class Finding:
    """One number, array or text of a case: what both make of it, and what is wrong if anything."""

    quantity: str
    ours: Error | None
    keras: Error | None
    limit: float
    wrong: str | None


@dataclass
class Reference:
    """What the truth says about a case, and how far rounding may take results from it."""

    values: dict[str, Any]
    neighbours: list[dict[str, Any]]
    disagreement: float


def reference(case: Case, confirm: bool = True, seeds: Sequence[int] = NEIGHBOURS) -> Reference:
    """The truth, and a neighbour for each seed."""
    truth = Truth(confirm=confirm)
    with truth.settings():
        values = kinds.run(truth, case)
        neighbours = [_neighbour(case, seed) for seed in seeds]
    return Reference(values, neighbours, truth.disagreement)


def _neighbour(case: Case, seed: int) -> dict[str, Any]:
    with rounding(seed) as move, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of labels that are no longer quite 0 or 1
        return kinds.run(Neighbour(move), case)


def ours(case: Case) -> dict[str, Any]:
    """What minicnn says, in float32."""
    library: Library = MiniCNN()
    return kinds.run(library, case)


def judge(case: Case, found: dict, keras: dict | None, truth: Reference) -> list[Finding]:
    """A finding for each quantity. `keras` is None where Keras was left out."""
    findings = [_confirmation(truth.disagreement)]
    names = dict.fromkeys([*found, *truth.values, *(keras or found)])
    for name in names:
        parts = (found, truth.values, found if keras is None else keras)
        who = ("minicnn", "the truth", "Keras")
        absent = [w for w, part in zip(who, parts, strict=True) if name not in part]
        if absent:
            wrong = f"{' and '.join(absent)} lacks it"
            findings.append(Finding(name, None, None, 0.0, wrong))
        else:
            findings.append(_finding(case, name, found, keras, truth))
    return findings


def _confirmation(disagreement: float) -> Finding:
    wrong = None
    if not disagreement <= CONFIRMED:
        wrong = f"float64 gradients are {disagreement:.1g} from differences of values"
    off = Error(disagreement, 0.0)
    return Finding("gradients in float64", off, None, CONFIRMED, wrong)


def _finding(case: Case, name: str, found: dict, keras: dict | None, truth: Reference) -> Finding:
    excused = keras is None or _excused(case, name)
    a, t = found[name], truth.values[name]
    b = a if excused else keras[name]
    if isinstance(a, str):
        wrong = None if a == b else f"minicnn has {_difference(a, b)}"
        return Finding(name, None, None, 0.0, wrong)
    limit = 0.0
    if t.dtype.kind in "fc":
        limit = explained(t, [n[name] for n in truth.neighbours])
    mine, theirs = error(a, t), error(b, t)
    wrong = None
    if not limit <= WIDEST:
        wrong = f"float32 explains {limit:.1g}, so the case proves nothing: choose other values"
    elif not mine.relative <= limit:
        wrong = f"minicnn is {mine.relative:.1g} off, float32 explains {limit:.1g}"
    elif not theirs.relative <= limit:
        wrong = f"Keras is {theirs.relative:.1g} off, float32 explains {limit:.1g}"
    return Finding(name, mine, None if excused else theirs, limit, wrong)


def _excused(case: Case, quantity: str) -> bool:
    return any(quantity.startswith(excuse.quantity) for excuse in case.keras)


def _difference(ours: str, keras: str) -> str:
    """Where two texts part."""
    start = next(
        (i for i, (a, b) in enumerate(zip(ours, keras, strict=False)) if a != b),
        min(len(ours), len(keras)),
    )
    start = max(0, start - 30)
    return f"{ours[start : start + 70]!r}, Keras {keras[start : start + 70]!r}"


def worst(findings: list[Finding]) -> Finding:
    """The finding that a table shows: what is wrong, or else the largest part of its limit."""

    def weight(finding: Finding) -> tuple:
        part = finding.ours.relative / finding.limit if finding.ours and finding.limit else 0.0
        return finding.wrong is not None, np.nan_to_num(part, posinf=1e300)

    return max((f for f in findings if f.quantity != "gradients in float64" or f.wrong), key=weight)
