"""Compares layers, losses and optimizers in float16 and bfloat16 with the truth in float64.

The library computes under the mixed policy of the type, on data that the type has. The limit is
what rounding the result of each operation to the type explains. Losses and optimizers compute in
float32: they are given predictions and gradients in 16 bits, so that only what they give back in
16 bits may be off by such a rounding. The truth is that of float32, which the outside judges
confirm. Keras judges beside: where its own result in 16 bits is off by more than the limit, that is
known of Keras, and no failure. Beside a kink, where rounding explains almost any result, a number
is left out; a case must have others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compare.cases import catalogue, kinds
from compare.cases.case import Case
from compare.cases.catalogue import large
from compare.errors import UNIT, Error, error, explained
from compare.libraries import Library, worker
from compare.libraries.minicnn import MiniCNN
from compare.libraries.precision import PRECISIONS, Precision
from compare.parity import judge

NAMES = ("float16", "bfloat16")
KINDS = ("layers", "losses", "optimizers")
EVERY = 12  # of the cases in a kind, those that are run without --precision
SEEDS = (1, 2, 3)
ALLOWED = 4.0  # times the error that one rounding of each result causes
WIDEST = {"float16": 0.1, "bfloat16": 0.5}  # where rounding explains more, nothing is judged
# What is float32 in Keras, though the policy says 16 bits: results (the outline says 16 bits), and
# the type in a config, so that a saved layer comes back without the policy.
FLOAT32_IN_KERAS = {
    **dict.fromkeys(("CategoryEncoding", "CenterCrop", "RandomCrop"), "output type"),
    "Discretization": "config",
}
# Their results jump: a rounding decides on which side of a step a pixel is.
JUMPING = ("Equalization", "RandomPosterization", "Solarization")


def cases() -> list[Case]:
    """All cases that have meaning in 16 bits, with those of long reductions."""
    listed = [c for c in catalogue.cases() if c.kind in KINDS and c.inputs]
    return [*(c for c in listed if c.name not in JUMPING), *large.CASES]


def few() -> list[Case]:
    """Some of the cases of each kind."""
    return [c for k in KINDS for c in [c for c in cases() if c.kind == k][EVERY - 1 :: EVERY]]


def compared(
    cases: Sequence[Case], names: Sequence[str], backend: str
) -> Iterator[tuple[Case, str, list[judge.Finding]]]:
    """Runs each case in each of the named precisions: yields the case, the name, the findings."""
    both = [(case.on(backend), name) for name in names for case in cases]
    if not both:
        return
    answers = worker.in_keras(backend, "compare.parity.half:keras_results", both)
    for (case, name), keras in zip(both, answers, strict=True):
        yield case, name, examine(case, keras, PRECISIONS[name])


def keras_results(library: Library, both: Sequence[tuple[Case, str]]) -> Iterator[Any]:
    """Run in Keras's process: yields Keras's result of each case, or the text of its error."""
    for case, name in both:
        with library.computing_in(PRECISIONS[name]):
            try:
                yield kinds.run(library, case)
            except Exception as error:
                yield f"{type(error).__name__}: {error}"


def ours(case: Case, precision: Precision) -> dict[str, Any]:
    """Minicnn's result under the mixed policy."""
    library = MiniCNN()
    with library.computing_in(precision):
        return kinds.run(library, case)


def reference(case: Case, precision: Precision) -> judge.Reference:
    """The truth on data of this precision, and the perturbed computations."""
    size = precision.unit if case.kind == "layers" else UNIT
    return judge.reference(case, False, SEEDS, precision, size)


def examine(case: Case, keras: dict[str, Any] | str, precision: Precision) -> list[judge.Finding]:
    """All findings of a case; `keras` is Keras's result, or the text of its error."""
    try:
        found, truth = ours(case, precision), reference(case, precision)
    except Exception as error:
        why = f"minicnn in {precision.name} raised {type(error).__name__}: {error}"
        return [judge.Finding("all", None, None, 0.0, why)]
    return findings(case, found, keras, truth, precision)


def findings(
    case: Case,
    found: dict[str, Any],
    keras: dict[str, Any] | str,
    truth: judge.Reference,
    precision: Precision,
) -> list[judge.Finding]:
    """A finding for each number, and for each text that Keras has."""
    known = tuple(difference.quantity for difference in case.known_differences)
    said = {} if isinstance(keras, str) else keras
    said = {name: x for name, x in said.items() if not (known and name.startswith(known))}
    said.pop(FLOAT32_IN_KERAS.get(case.name), None)
    every = [
        _finding(case.kind, name, found.get(name), said.get(name), truth, precision)
        for name in dict.fromkeys([*truth.values, *found])
    ]
    clear = [f for f in every if f.wrong or not f.limit > WIDEST[precision.name]]
    if any(f.limit for f in every) and not any(f.limit for f in clear):
        why = f"{precision.name} explains too much of every number: choose other values"
        return [judge.Finding("all", None, None, 0.0, why)]
    return clear


def _finding(
    kind: str, name: str, a: Any, b: Any, truth: judge.Reference, precision: Precision
) -> judge.Finding:
    right = truth.values.get(name)
    if a is None or right is None:
        who = "minicnn" if a is None else "the truth"
        return judge.Finding(name, None, None, 0.0, f"{who} lacks it in {precision.name}")
    if isinstance(a, str):
        same = b is None or a == b
        wrong = None if same else f"minicnn in {precision.name} has {judge.difference(a, b)}"
        return judge.Finding(name, None, None, 0.0, wrong)
    limit = _limit(kind, name, right, [p[name] for p in truth.perturbed], precision)
    mine, theirs = error(a, right), None if b is None else error(b, right)
    agrees = (judge.KERAS,) if theirs and theirs.relative <= limit else ()
    return judge.Finding(name, mine, theirs, limit, _wrong(mine, limit, precision), agrees)


def _limit(kind: str, name: str, right: Any, perturbed: list, precision: Precision) -> float:
    """The relative error that rounding explains."""
    if right.dtype.kind not in "fc":
        return 0.0
    if kind == "layers" or (kind == "losses" and name.startswith("gradient")):
        return explained(right, perturbed, precision.unit, precision.smallest, ALLOWED)
    return explained(right, perturbed)


def _wrong(mine: Error, limit: float, precision: Precision) -> str | None:
    if mine.relative <= limit:
        return None
    return f"minicnn in {precision.name} is {mine.relative:.1g} off, its limit is {limit:.1g}"


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """For each precision: cases, those that fail, quantities, and those where Keras is within."""
    return {name: _counts([r for r in results if r["precision"] == name]) for name in NAMES}


def _counts(results: Sequence[dict[str, Any]]) -> dict[str, int]:
    numbers = [f for r in results for f in r["findings"] if f["limit"]]
    return {
        "cases": len(results),
        "failed": sum(bool(r["wrong"]) for r in results),
        "quantities": len(numbers),
        "judged by Keras": sum(f["keras"] is not None for f in numbers),
        "Keras within the limit": sum(bool(f["judges"]) for f in numbers),
    }


def sentence(found: dict[str, Any]) -> str:
    """One line for each precision that was run."""
    return "\n".join(
        f"In {name}, {c['cases'] - c['failed']} of {c['cases']} cases hold, with "
        f"{c['quantities']} numbers; Keras is within the limit in {c['Keras within the limit']} of "
        f"{c['judged by Keras']}."
        for name, c in found.items()
        if c["cases"]
    )
