"""Compares the results of minicnn and of Keras with the truth, and finds what is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compare.algorithms import convolutions_with_errors
from compare.cases import kinds
from compare.cases.case import Case
from compare.errors import UNIT, Error, error, limits, share, wide
from compare.judges.opinion import Opinion
from compare.libraries import Library
from compare.libraries.minicnn import MiniCNN
from compare.libraries.precision import FLOAT32, Precision
from compare.libraries.truth import PerturbedTruth, Truth, perturbed_arithmetic, slopes_of_results
from compare.sensitivity import Sensitivity, by_kind, smallest_noticed, summary
from minicnn import config

KERAS = "Keras"  # the judge: Keras on the chosen backend
CONFIRMATION = "gradients in float64"  # the quantity that says how close they are to differences
CONFIRMED = 1e-6  # how far a gradient in float64 may be from central differences
PERTURBATION_SEEDS = (1, 2, 3)
WIDEST = 1e-2  # where float32 explains larger errors than this, a case proves nothing
# Interpolation: weights are differences of positions, so that all have the error of the largest.
INTERPOLATING = ("resize", "Resizing", "Crop", "UpSampling2D")
# Loops over steps compute slopes from the states that they store: see `slopes_of_results`.
LOOPS = ("SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional")
# Optimizers whose powers of settings Keras rounds to float32.
WITH_POWERS = (
    *("Adam", "AdamW", "Adamax", "Nadam", "Lamb", "Adafactor", "LossScaleOptimizer"),
    *("MultiOptimizer", "Muon", "ScheduleFreeAdamW"),
)


@dataclass
class Finding:
    """A quantity of a case: the errors of both libraries, their limit, what is wrong (or None).

    Attributes:
        quantity: its name.
        ours: the error of minicnn.
        keras: the error of Keras; None if it was left out.
        limit: the largest limit of an entry, relative to the largest entry.
        wrong: what is wrong, or None.
        judges: those outside of minicnn that decided about it.
        noticed: the smallest x for which minicnn's result times 1 + x is found wrong (see
            `compare.sensitivity`).
        noticed_in_smallest: the same, if only the smallest entry that is not zero is multiplied.
        noticed_in_largest: the same for the largest entry.
        share: of the limits of its entries, the largest part that minicnn is off.
    """

    quantity: str
    ours: Error | None
    keras: Error | None
    limit: float
    wrong: str | None
    judges: tuple[str, ...] = ()
    noticed: float | None = None
    noticed_in_smallest: float | None = None
    noticed_in_largest: float | None = None
    share: float | None = None


@dataclass
class Reference:
    """The truth of a case, and the same computation with perturbed arithmetic, several times.

    Attributes:
        values: the truth.
        perturbed: the results of perturbed computations.
        disagreement: the largest difference between a gradient and central differences.
        for_keras: results that are perturbed where Keras rounds and minicnn does not, too.
        mixing: whether minicnn computes a convolution by an algorithm whose error is that of the
            largest entry.
    """

    values: dict[str, Any]
    perturbed: list[dict[str, Any]]
    disagreement: float
    mixing: bool = False
    for_keras: Sequence[dict[str, Any]] = ()


def reference(
    case: Case,
    confirm: bool = True,
    seeds: Sequence[int] = PERTURBATION_SEEDS,
    precision: Precision = FLOAT32,
    size: float = UNIT,
) -> Reference:
    """The truth on data of a precision, and one computation for each seed, perturbed by `size`."""
    truth, backend = Truth(confirm, precision), config.backend()
    with truth.settings():
        values = kinds.run(truth, case)
        if all(isinstance(value, str) for value in values.values()):
            seeds = ()  # texts have no error
        with convolutions_with_errors(backend) as fast:
            perturbed = [_perturbed(case, seed, precision, size) for seed in seeds]
        powers = seeds if case.kind == "optimizers" and case.name in WITH_POWERS else ()
        for_keras = [_perturbed(case, seed, precision, size, True) for seed in powers]
    return Reference(values, perturbed, truth.disagreement, bool(fast), for_keras)


def _perturbed(
    case: Case, seed: int, precision: Precision, size: float, powers: bool = False
) -> dict[str, Any]:
    loops = precision is FLOAT32 and any(word in case.name for word in LOOPS)
    slopes = slopes_of_results() if loops else nullcontext()
    with slopes, perturbed_arithmetic(seed, size) as move, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perturbed labels are not exactly 0 or 1
        return kinds.run(PerturbedTruth(move, precision, powers), case)


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
            allowed = limits_of(case, name, truth)
            finding = _finding(case, name, found, keras, truth, allowed)
            right = truth.values[name]
            findings.append(_with_opinions(finding, found[name], right, allowed[1], opinions))
    return findings


def _with_opinions(
    finding: Finding, ours: Any, truth: Any, allowed: Any, opinions: Sequence[Opinion]
) -> Finding:
    """The finding, with what the other judges say about the quantity."""
    said = [opinion for opinion in opinions if finding.quantity in opinion.found]
    judges = (*finding.judges, *(opinion.judge for opinion in said))
    objections = [o.objection(finding.quantity, ours, truth, allowed) for o in said]
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


def limits_of(case: Case, name: str, truth: Reference) -> tuple[np.ndarray, np.ndarray]:
    """The limits of the entries of a quantity, for minicnn and for Keras.

    Zeros where it is no array of floats.
    """
    right = truth.values[name]
    if isinstance(right, str) or right.dtype.kind not in "fc":
        return (np.zeros(np.shape(right)),) * 2
    mixing = truth.mixing or any(word in case.name for word in INTERPOLATING)
    least = case.algorithm_error * _largest(right)

    def of(perturbed: Sequence[dict[str, Any]]) -> np.ndarray:
        found = limits(right, [p[name] for p in perturbed], mixing)
        return np.where(found > 0, np.maximum(found, least), 0)

    ours = of(truth.perturbed)
    return ours, of([*truth.perturbed, *truth.for_keras]) if truth.for_keras else ours


def _largest(x: np.ndarray) -> float:
    return float(np.abs(wide(x)).max(initial=0, where=np.isfinite(x)))


def _finding(
    case: Case,
    name: str,
    found: dict,
    keras: dict | None,
    truth: Reference,
    allowed: tuple[np.ndarray, np.ndarray],
) -> Finding:
    without_keras = keras is None or _is_known_to_differ(case, name)
    a, t = found[name], truth.values[name]
    b = a if without_keras else keras[name]
    judges = () if without_keras else (KERAS,)
    if isinstance(a, str):
        wrong = None if a == b else f"minicnn has {difference(a, b)}"
        return Finding(name, None, None, 0.0, wrong, judges)
    mine, theirs = allowed
    limit = float(mine.max(initial=0)) / (_largest(t) or 1)
    wrong = None
    if not limit <= WIDEST:
        wrong = f"float32 explains {limit:.1g}, so the case proves nothing: choose other values"
    wrong = wrong or _beyond("minicnn", a, t, mine) or _beyond("Keras", b, t, theirs)
    return Finding(
        *(name, error(a, t), None if without_keras else error(b, t), limit, wrong, judges),
        *_noticed(a, t, mine),
        share(a, t, mine)[0],
    )


def _beyond(who: str, found: np.ndarray, truth: np.ndarray, allowed: np.ndarray) -> str | None:
    """What is wrong if an entry is further from the truth than allowed."""
    most, place = share(found, truth, allowed)
    if most <= 1:
        return None
    if found.shape != truth.shape or not np.isfinite(most):
        return f"{who} is {error(found, truth).relative:.1g} off, float32 explains none of it"
    off, right = abs(wide(found)[place] - truth[place]), truth[place]
    where = f" in entry {[int(i) for i in place]}, which is {right:.1g}" if place else ""
    return f"{who} is {off:.1g} off{where}; float32 explains {allowed[place]:.1g}"


def _noticed(
    found: np.ndarray, truth: np.ndarray, allowed: np.ndarray
) -> tuple[float | None, float | None, float | None]:
    """The smallest factors that are noticed: on all entries, on the smallest, on the largest."""
    if found.dtype.kind not in "fc" or not allowed.any() or found.shape != truth.shape:
        return None, None, None
    there = np.isfinite(truth) & (truth != 0)
    a, t, limit = wide(found)[there], wide(truth)[there], allowed[there]
    size = np.abs(t)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = (limit - ((a - t) * np.sign(a).conj()).real) / np.abs(a)
    chosen = np.nanmin(least), least[size.argmin()], least[size.argmax()]
    return tuple(smallest_noticed(lambda factor, x=x: factor - 1 > x) for x in chosen)


def sensitivity_of(results: Sequence[dict]) -> dict[str, Any]:
    """The `sensitivity.summary` of all numbers that are not zero, and of each kind of case.

    "smallest entry" and "largest entry" have that of one entry of each quantity.
    """
    measured = [
        (r["kind"], f"{r['case']}: {f['quantity']}", f)
        for r in results
        for f in r["findings"]
        if f["limit"] and f["quantity"] != CONFIRMATION
    ]

    def of(key: str) -> list[tuple[str, Sensitivity]]:
        return [(kind, Sensitivity(name, finding[key])) for kind, name, finding in measured]

    return {
        **by_kind(of("noticed")),
        "smallest entry": summary(s for _, s in of("noticed_in_smallest")),
        "largest entry": summary(s for _, s in of("noticed_in_largest")),
    }


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
    """The largest part of its limit that an entry of minicnn is off; None without a limit."""
    if not finding.ours or not finding.limit:
        return None
    return finding.ours.relative / finding.limit if finding.share is None else finding.share


def worst(findings: list[Finding]) -> Finding:
    """The finding for the table: a wrong one, or else the one closest to its limit."""

    def weight(finding: Finding) -> tuple:
        share = share_of_limit(finding) or 0.0
        return finding.wrong is not None, np.nan_to_num(share, posinf=1e300)

    return max((f for f in findings if f.quantity != CONFIRMATION or f.wrong), key=weight)
