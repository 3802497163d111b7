"""Explanations of the form: it would be right if an input were another one.

The function itself is differentiated at the other point: with a kernel flipped, a matrix
transposed, a scale of one, the result in the place of the input.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses.places import moves


def right_for_another_input(evidence: Evidence) -> Diagnosis | None:
    """The gradient of the function with one of its inputs changed."""
    function = evidence.function
    for k, (name, array) in enumerate(zip(function.names, function.arrays, strict=True)):
        for kind, words, changed in _changes(evidence, array, k == evidence.i):
            arrays = [changed if j == k else x for j, x in enumerate(function.arrays)]
            factor = evidence.explains(arrays)
            if factor is not None:
                times = "" if abs(factor - 1) < 1e-5 else f", and {factor:.6g} times as large"
                return Diagnosis(
                    kind, f"It would be the right gradient if `{name}` were {words}{times}."
                )
    return None


def right_up_to_slopes(evidence: Evidence) -> Diagnosis | None:
    """The same, where an activation follows, whose slope changes with the input, too.

    So each result's part has to be right up to a factor of its own.
    """
    if not evidence.linear():
        return None
    function = evidence.function
    found = [evidence.found_jacobian @ d.ravel() for d in evidence.directions]
    here = [evidence.jacobian @ d.ravel() for d in evidence.directions]
    if _proportional(found, here):  # so it is a slope only
        return None
    for k, (name, array) in enumerate(zip(function.names, function.arrays, strict=True)):
        if k == evidence.i or array.size < 2:
            continue
        for kind, words, changed in moves(array):
            if kind == "shift" or np.array_equal(changed, array):
                continue
            arrays = [changed if j == k else x for j, x in enumerate(function.arrays)]
            there = [evidence.slopes_at(arrays, d) for d in evidence.directions]
            if any(s is None for s in there) or not _proportional(found, there):
                continue
            return Diagnosis(
                kind,
                f"`{name}` is used in the backward pass as if it were {words}: each result's part "
                "is right for that, up to the slope of what follows.",
            )
    return None


def _proportional(found: list[np.ndarray], there: list[np.ndarray]) -> bool:
    """Whether, for most results, all directions have the same ratio, and not all are zero."""
    scale = max(np.abs(s).max() for s in there)
    used = np.all([np.abs(s) > 1e-6 * scale for s in there], axis=0)
    if used.sum() < max(3, 0.4 * len(used)):
        return False
    ratios = np.array([f[used] / s[used] for f, s in zip(found, there, strict=True)])
    return bool(np.abs(ratios).max() > 1e-9) and bool(
        (np.ptp(ratios, axis=0) <= 1e-4 * (np.abs(ratios).max(axis=0) + 1e-9)).all()
    )


def belongs_to_another_input(evidence: Evidence) -> Diagnosis | None:
    """The gradient of an input was returned in the place of another's."""
    function = evidence.function
    for k, (name, array) in enumerate(zip(function.names, function.arrays, strict=True)):
        if k == evidence.i or array.shape != evidence.x.shape:
            continue
        other = Evidence.__new__(Evidence)
        other.__dict__.update(evidence.__dict__, i=k, x=array)
        factor = other.explains(function.arrays)
        if factor is not None and abs(factor - 1) < 1e-5:
            return Diagnosis(
                "order",
                f"This is the gradient to `{name}`: the gradients are returned in the wrong order.",
            )
    return None


def _changes(
    evidence: Evidence, array: np.ndarray, own: bool
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Arrays that a mistake may have put in the place of an input: kind, words, array."""
    if array.size < 2:
        return
    for kind, words, moved in moves(array):
        if kind != "shift" and not np.array_equal(moved, array):
            yield kind, words, moved
    yield "sign", "−1 times itself (a sign or a comparison is the wrong way round)", -array
    if not own:
        for value in (1, 0):
            words = f"{value} everywhere: it is missing in the backward pass"
            yield "missing factor", words, np.full_like(array, value)
    for y in evidence.function.results:
        if y.shape == array.shape:
            yield "slope", "the result: the slope is taken at the result, not at the input", y
    for kind, words, moved in moves(array):
        if kind == "shift":
            yield kind, words, moved
