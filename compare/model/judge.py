"""Judges a model's outputs and gradients: which are further off than rounding explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from compare import kinks, sensitivity
from compare.cli.outcome import CannotCompare
from compare.errors import ALLOWED, UNIT, Error, error
from compare.model.run import Layer, Result
from compare.model.runs import Results
from compare.parity.judge import WIDEST

NOTHING = 1e-7  # a gradient this small, beside the largest of all, is zero except for rounding
NEARLY_NOTHING = 1e-5  # what float32 may have in its place


class Quantity(NamedTuple):
    """An output or gradient, computed by minicnn, by Keras and in float64.

    `others` has the same in float64 with the other branch of each unit at a kink. `zero` is set
    if the truth is zero except for rounding: the size of float32's rounding.
    """

    name: str
    ours: np.ndarray
    keras: np.ndarray
    truth: np.ndarray
    perturbed: list[np.ndarray]
    others: list[np.ndarray]
    zero: float | None = None


def limit_of(quantity: Quantity) -> float:
    """The largest relative error that rounding explains: of the perturbed results, and a bit."""
    truth = quantity.truth
    if truth.dtype.kind not in "fc" or not truth.size:
        return 0.0
    moved = [error(n, truth).relative for n in quantity.perturbed]
    return max((m for m in moved if np.isfinite(m)), default=0.0) + ALLOWED * UNIT


def compare(quantity: Quantity, widest: float = WIDEST) -> dict[str, Any]:
    """The errors of both libraries, and which of them are larger than rounding explains."""
    limit = limit_of(quantity)
    ours, keras = (error(a, quantity.truth) for a in (quantity.ours, quantity.keras))
    left, keras_left = (_left(quantity, a) for a in (quantity.ours, quantity.keras))
    parts = (("minicnn", quantity.ours, left), ("Keras", quantity.keras, keras_left))
    off = [who for who, array, e in parts if not _holds(quantity, array, e, limit)]
    return {
        "name": quantity.name,
        "shape": list(quantity.truth.shape),
        "minicnn": ours._asdict(),
        "keras": keras._asdict(),
        "explained": limit,
        "share": left.relative / limit if limit and quantity.zero is None else None,
        "off": off,
        "unclear": quantity.zero is None and not limit <= widest,
    }


def _left(quantity: Quantity, found: np.ndarray) -> Error:
    """The error without what other branches of units at a kink explain, entry by entry."""
    truth = quantity.truth
    if not quantity.others or found.shape != truth.shape:
        return error(found, truth)
    allowed = np.sum([np.abs(other - truth) for other in quantity.others], axis=0)
    difference = found - truth
    left = np.sign(difference) * np.maximum(np.abs(difference) - allowed, 0)
    return error(truth + left, truth)


def _holds(quantity: Quantity, array: np.ndarray, found: Error, limit: float) -> bool:
    if quantity.zero is not None and array.shape == quantity.truth.shape:
        return bool(np.abs(array).max(initial=0.0) <= quantity.zero)
    return found.relative <= limit


def notices(quantity: Quantity, factor: float) -> bool:
    """Whether minicnn's result times `factor` would be off."""
    changed = quantity._replace(ours=quantity.ours.astype("float64") * factor)
    return "minicnn" in compare(changed)["off"]


def measured(kinds: dict[str, list[Quantity]]) -> dict[str, Any]:
    """The sensitivity of the comparison for kinds of quantities; see `compare.sensitivity`."""
    return sensitivity.by_kind(
        (
            kind,
            sensitivity.Sensitivity(
                q.name, sensitivity.smallest_noticed(lambda factor, q=q: notices(q, factor))
            ),
        )
        for kind, quantities in kinds.items()
        for q in quantities
        if q.truth.dtype.kind == "f" and q.truth.any() and q.zero is None
    )


def outputs(results: Results) -> Iterator[Quantity]:
    """The outputs of all layers in minicnn's order, then those of the model as usual."""
    exact = results.exact
    runs = (results.ours, results.keras, exact.truth, *exact.perturbed)
    ours, keras, truth, *perturbed = (_by_name(r) for r in runs)
    for name in dict.fromkeys([*ours, *keras]):
        if name not in ours or name not in keras:
            library = "minicnn" if name not in ours else "Keras"
            raise CannotCompare(f"{library} did not compute {name}, but the other library did.")
        moved = [p[name] for p in perturbed]
        yield Quantity(name, ours[name], keras[name], truth[name], moved, [])


def gradients(results: Results, others: list[list[np.ndarray]]) -> Iterator[Quantity]:
    """The gradients, from the last layer to the first; `others` are those of other branches."""
    exact, count = results.exact, len(results.exact.perturbed)
    largest = max((np.abs(g).max(initial=0.0) for g in exact.truth.gradients), default=0.0)
    runs = (results.ours, results.keras, exact.truth, *exact.perturbed)
    together = zip(results.names, *(r.gradients for r in runs), *others, strict=True)
    for name, ours, keras, truth, *more in reversed(list(together)):
        zero = np.abs(truth).max(initial=0.0) <= NOTHING * largest
        size = NEARLY_NOTHING * largest if zero else None
        yield Quantity(name, ours, keras, truth, more[:count], more[count:], size)


def _by_name(result: Result) -> dict[str, np.ndarray]:
    together = Layer("the model", "as usual", result.outputs)
    return {
        f"{layer.name} ({layer.kind})" + (f" [{i}]" if len(layer.outputs) > 1 else ""): array
        for layer in [*result.layers, together]
        for i, array in enumerate(layer.outputs)
    }


def names_of(units: list[kinks.Unit]) -> str:
    """The operations of the units at a kink, and how many each has."""
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.operation.lstrip("_")] = counts.get(unit.operation.lstrip("_"), 0) + 1
    return ", ".join(f"{count} of {operation}" for operation, count in counts.items())
