"""Compares the results of minicnn and of Keras with the truth, and finds what is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.cases import kinds
from compare.cases.case import Case
from compare.errors import UNIT, Error, error, explained, wide
from compare.judges.opinion import Opinion
from compare.libraries import Library
from compare.libraries.minicnn import MiniCNN
from compare.libraries.precision import FLOAT32, Precision
from compare.libraries.truth import PerturbedTruth, Truth, perturbed_arithmetic
from compare.sensitivity import Sensitivity, by_kind, smallest_noticed

KERAS = "Keras"  # the judge: Keras on the chosen backend
CONFIRMATION = "gradients in float64"  # the quantity that says how close they are to differences
CONFIRMED = 1e-6  # how far a gradient in float64 may be from central differences
PERTURBATION_SEEDS = (1, 2)
WIDEST = 1e-2  # where float32 explains larger errors than this, a case proves nothing


@dataclass
class Finding:
    """A quantity of a case: the errors of both libraries, their limit, what is wrong (or None).

    `judges` are those outside of minicnn that decided about it. `noticed` is the smallest x for
    which minicnn's result times 1 + x is found wrong (see `compare.sensitivity`).
    """

    quantity: str
    ours: Error | None
    keras: Error | None
    limit: float
    wrong: str | None
    judges: tuple[str, ...] = ()
    noticed: float | None = None


@dataclass
class Reference:
    """The truth of a case, and the same computation with perturbed arithmetic, several times.

    `disagreement` is the largest difference between a gradient and central differences.
    """

    values: dict[str, Any]
    perturbed: list[dict[str, Any]]
    disagreement: float


def reference(
    case: Case,
    confirm: bool = True,
    seeds: Sequence[int] = PERTURBATION_SEEDS,
    precision: Precision = FLOAT32,
    size: float = UNIT,
) -> Reference:
    """The truth on data of a precision, and one computation for each seed, perturbed by `size`."""
    truth = Truth(confirm, precision)
    with truth.settings():
        values = kinds.run(truth, case)
        perturbed = [_perturbed(case, seed, precision, size) for seed in seeds]
    return Reference(values, perturbed, truth.disagreement)


def _perturbed(case: Case, seed: int, precision: Precision, size: float) -> dict[str, Any]:
    with perturbed_arithmetic(seed, size) as move, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perturbed labels are not exactly 0 or 1
        return kinds.run(PerturbedTruth(move, precision), case)


def ours(case: Case) -> dict[str, Any]:
    """Minicnn's result of a case, in float32."""
    library: Library = MiniCNN()
    return kinds.run(library, case)


def judge(
    case: Case,
    found: dict,
    keras: dict | None,
    truth: Reference,
    opinions: Sequence[Opinion] = (),
) -> list[Finding]:
    """A finding for each quantity. `keras` is None where Keras was left out.

    `opinions` are those of the other judges. A quantity that no judge knows is wrong.
    """
    findings = [_confirmation(truth.disagreement)]
    names = dict.fromkeys([*found, *truth.values, *(keras or found)])
    for name in names:
        parts = (found, truth.values, found if keras is None else keras)
        libraries = ("minicnn", "the truth", "Keras")
        absent = [w for w, part in zip(libraries, parts, strict=True) if name not in part]
        if absent:
            wrong = f"{' and '.join(absent)} lacks it"
            findings.append(Finding(name, None, None, 0.0, wrong))
        else:
            finding = _finding(case, name, found, keras, truth)
            findings.append(_with_opinions(finding, found[name], truth.values[name], opinions))
    return findings


def _with_opinions(finding: Finding, ours: Any, truth: Any, opinions: Sequence[Opinion]) -> Finding:
    """The finding, with what the other judges say about the quantity."""
    said = [opinion for opinion in opinions if finding.quantity in opinion.found]
    judges = (*finding.judges, *(opinion.judge for opinion in said))
    objections = [o.objection(finding.quantity, ours, truth, finding.limit) for o in said]
    if not judges:
        objections.append("only minicnn judged it")
    wrong = next(filter(None, [finding.wrong, *objections]), None)
    return replace(finding, judges=judges, wrong=wrong)


def _confirmation(disagreement: float) -> Finding:
    wrong = None
    if not disagreement <= CONFIRMED:
        wrong = f"float64 gradients are {disagreement:.1g} from central differences"
    off = Error(disagreement, 0.0)
    return Finding(CONFIRMATION, off, None, CONFIRMED, wrong)


def _finding(case: Case, name: str, found: dict, keras: dict | None, truth: Reference) -> Finding:
    without_keras = keras is None or _is_known_to_differ(case, name)
    a, t = found[name], truth.values[name]
    b = a if without_keras else keras[name]
    judges = () if without_keras else (KERAS,)
    if isinstance(a, str):
        wrong = None if a == b else f"minicnn has {difference(a, b)}"
        return Finding(name, None, None, 0.0, wrong, judges)
    limit = 0.0
    if t.dtype.kind in "fc":
        limit = explained(t, [n[name] for n in truth.perturbed])
        limit = limit and max(limit, case.algorithm_error)  # zero: the truth is zero everywhere
    mine, theirs = error(a, t), error(b, t)
    wrong = None
    if not limit <= WIDEST:
        wrong = f"float32 explains {limit:.1g}, so the case proves nothing: choose other values"
    elif not mine.relative <= limit:
        wrong = f"minicnn is {mine.relative:.1g} off, float32 explains {limit:.1g}"
    elif not theirs.relative <= limit:
        wrong = f"Keras is {theirs.relative:.1g} off, float32 explains {limit:.1g}"
    noticed = smallest_noticed(lambda factor: not error(_times(a, factor), t).relative <= limit)
    return Finding(name, mine, None if without_keras else theirs, limit, wrong, judges, noticed)


def sensitivity_of(results: Sequence[dict]) -> dict[str, Any]:
    """The `sensitivity.summary` of all numbers that are not zero, and of each kind of case."""
    return by_kind(
        (r["kind"], Sensitivity(f"{r['case']}: {f['quantity']}", f["noticed"]))
        for r in results
        for f in r["findings"]
        if f["limit"] and f["quantity"] != CONFIRMATION
    )


def _times(x: np.ndarray, factor: float) -> np.ndarray:
    return x if x.dtype.kind not in "fc" else wide(x) * factor


def _is_known_to_differ(case: Case, quantity: str) -> bool:
    return any(quantity.startswith(known.quantity) for known in case.known_differences)


def difference(ours: str, keras: str) -> str:
    """The parts of two texts around the first difference."""
    start = next(
        (i for i, (a, b) in enumerate(zip(ours, keras, strict=False)) if a != b),
        min(len(ours), len(keras)),
    )
    start = max(0, start - 30)
    return f"{ours[start : start + 70]!r}, Keras {keras[start : start + 70]!r}"


def share_of_limit(finding: Finding) -> float | None:
    """The error of minicnn divided by what is explained; None where one of them is missing."""
    return finding.ours.relative / finding.limit if finding.ours and finding.limit else None


def worst(findings: list[Finding]) -> Finding:
    """The finding for the table: a wrong one, or else the one closest to its limit."""

    def weight(finding: Finding) -> tuple:
        share = share_of_limit(finding) or 0.0
        return finding.wrong is not None, np.nan_to_num(share, posinf=1e300)

    return max((f for f in findings if f.quantity != CONFIRMATION or f.wrong), key=weight)
