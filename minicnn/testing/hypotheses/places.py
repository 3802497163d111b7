"""Explanations of the form: the right numbers in the wrong places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence


def transposed_or_flipped(evidence: Evidence) -> Diagnosis | None:
    """The right gradient with axes exchanged or reversed."""
    return _moved_array(evidence, lambda moved: evidence.factor(evidence.found, moved), "")


def cotangent_moved(evidence: Evidence) -> Diagnosis | None:
    """The right gradient for a cotangent with axes exchanged, reversed or shifted."""
    if evidence.jacobian is None or len(evidence.cotangents) != 1:
        return None

    def gradient(c: np.ndarray) -> np.ndarray:
        return (c.ravel() @ evidence.jacobian).reshape(evidence.x.shape)

    (cotangent,) = evidence.cotangents
    for kind, words, moved in moves(cotangent):
        factor = evidence.factor(evidence.found, gradient(moved))
        if factor is not None:
            return Diagnosis(
                kind,
                f"It is right for a cotangent that is {words}: the cotangent is used in the wrong "
                f"places{_times(factor)}.",
            )
    return None


def shifted(evidence: Evidence) -> Diagnosis | None:
    """The right gradient, moved by one or two along one or two axes."""
    found, truth = evidence.found, evidence.truth
    axes = [a for a in range(found.ndim) if found.shape[a] > 2]
    for steps in sorted(itertools.product(range(-2, 3), repeat=len(axes)), key=_length):
        moved = [(a, s) for a, s in zip(axes, steps, strict=True) if s]
        if not moved or len(moved) > 2:
            continue
        came = tuple(_part(n, dict(moved).get(a, 0)) for a, n in enumerate(found.shape))
        right = tuple(_part(n, -dict(moved).get(a, 0)) for a, n in enumerate(found.shape))
        a, b = found[came], truth[right]
        if a.size < max(3, found.size // 4) or np.ptp(b) < 1e-3 * evidence.scale:
            continue
        factor = evidence.factor(a, b)
        if factor is not None:
            where = " and ".join(f"{s:+d} along axis {axis}" for axis, s in moved)
            return Diagnosis(
                "shift",
                f"The right numbers are there, but moved by {where}{_times(factor)}: an index or a "
                "cut of the padding is off.",
            )
    return None


def permuted(evidence: Evidence) -> Diagnosis | None:
    """The right numbers in another order."""
    found, truth = evidence.found, evidence.truth
    if np.unique(np.round(truth / max(evidence.scale, 1e-300), 9)).size < 4:
        return None
    if not evidence.same(np.sort(found, None), np.sort(truth, None)):
        return None
    for axes in itertools.permutations(range(truth.ndim)):
        if evidence.same(truth.transpose(axes).reshape(truth.shape), found):
            return Diagnosis(
                "transpose",
                f"The right numbers, with the axes in the order {axes} and then reshaped: `reshape`"
                " does not exchange axes; use `transpose`.",
            )
    return Diagnosis("permuted", "The right numbers are all there, but in other places.")


def moves(array: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """An array with axes exchanged, reversed, or rolled by one: kind, words, the array."""
    for axes in itertools.permutations(range(array.ndim)):
        exchanged = array.transpose(axes)
        if exchanged.shape != array.shape:
            continue
        for flips in _subsets(array):
            if axes == tuple(range(array.ndim)) and not flips:
                continue
            moved = np.flip(exchanged, flips) if flips else exchanged
            yield "transpose" if axes != tuple(sorted(axes)) else "flip", _words(axes, flips), moved
    for axis in range(array.ndim):
        if array.shape[axis] > 2:
            for step in (1, -1):
                words = f"shifted by {step:+d} along axis {axis}"
                yield "shift", words, np.roll(array, step, axis)


def _moved_array(evidence: Evidence, factor_of, _: str) -> Diagnosis | None:
    for kind, words, moved in moves(evidence.truth):
        factor = factor_of(moved)
        if factor is not None:
            return Diagnosis(kind, f"It is the right gradient, but {words}{_times(factor)}.")
    return None


def _subsets(array: np.ndarray) -> Iterator[tuple[int, ...]]:
    axes = [a for a in range(array.ndim) if array.shape[a] > 1]
    for count in range(len(axes) + 1):
        yield from itertools.combinations(axes, count)


def _words(axes: tuple[int, ...], flips: tuple[int, ...]) -> str:
    moved = [a for a, b in enumerate(axes) if a != b]
    words = []
    if len(moved) == 2:
        words.append(f"transposed (axes {moved[0]} and {moved[1]} are exchanged)")
    elif moved:
        words.append(f"transposed (its axes are in the order {axes})")
    if flips:
        words.append(f"flipped along axis {' and '.join(map(str, flips))}")
    return " and ".join(words)


def _times(factor: float) -> str:
    return "" if abs(factor - 1) < 1e-5 else f", and {factor:.6g} times as large"


def _part(length: int, step: int) -> slice:
    return slice(step, None) if step >= 0 else slice(None, length + step)


def _length(steps: tuple[int, ...]) -> tuple[int, int]:
    return sum(s != 0 for s in steps), sum(abs(s) for s in steps)
