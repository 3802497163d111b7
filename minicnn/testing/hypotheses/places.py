"""Explanations of the form: the right numbers in the wrong places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

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
    for axis, index in [(a, i) for a in range(cotangent.ndim) for i in (0, -1)]:
        if cotangent.shape[axis] < 2:
            continue
        only = np.broadcast_to(cotangent.take([index], axis), cotangent.shape)
        if evidence.factor(evidence.found, gradient(only)) is not None:
            which = "first" if index == 0 else "last"
            return Diagnosis(
                "wrong index",
                f"Only the {which} index of the cotangent along axis {axis} is used, in the place "
                "of all of them.",
            )
    return _reshaped(evidence, cotangent, gradient)


def _reshaped(evidence: Evidence, cotangent: np.ndarray, gradient: Any) -> Diagnosis | None:
    """The cotangent's axes are in the wrong order when it is reshaped to a matrix."""
    orders = list(itertools.permutations(range(cotangent.ndim)))
    for came, due in itertools.product(orders, orders):
        shape = tuple(cotangent.shape[a] for a in due)
        moved = cotangent.transpose(came).reshape(shape).transpose(np.argsort(due))
        if came != due and evidence.factor(evidence.found, gradient(moved)) is not None:
            return Diagnosis(
                "transpose",
                f"The cotangent is reshaped with its axes in the order {came}, but the order {due} "
                "is due: `transpose` it first.",
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


def reshaped(evidence: Evidence) -> Diagnosis | None:
    """The right numbers, reshaped where axes should have been exchanged."""
    found, truth = evidence.found, evidence.truth
    if not _same_numbers(evidence):
        return None
    orders = list(itertools.permutations(range(truth.ndim)))
    for came, due in itertools.product(orders, orders):
        shape = tuple(truth.shape[a] for a in due)
        moved = truth.transpose(came).reshape(shape).transpose(np.argsort(due))
        if came != due and evidence.same(moved, found):
            return Diagnosis(
                "transpose",
                f"The right numbers, but with the axes in the order {came} instead of {due} where "
                "they were reshaped: `reshape` does not exchange axes; use `transpose`.",
            )
    return None


def permuted(evidence: Evidence) -> Diagnosis | None:
    """The right numbers in another order."""
    if not _same_numbers(evidence):
        return None
    return Diagnosis("permuted", "The right numbers are all there, but in other places.")


def _same_numbers(evidence: Evidence) -> bool:
    """Whether the found gradient has the right numbers, in any order, and several of them."""
    if np.unique(np.round(evidence.truth / max(evidence.scale, 1e-300), 9)).size < 4:
        return False
    return evidence.same(np.sort(evidence.found, None), np.sort(evidence.truth, None))


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
