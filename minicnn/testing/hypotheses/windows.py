"""Explanations that look at which result's cotangent reaches which input: windows and loops."""

from __future__ import annotations

import itertools

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses.masks import close, pairs
from minicnn.testing.where import where_wrong


def lost_contributions(evidence: Evidence) -> Diagnosis | None:
    """Some results' cotangents do not reach inputs that they should reach; the rest is right."""
    pair = pairs(evidence)
    if pair is None:
        return None
    right, found = pair
    scale = np.abs(right).max()
    due = np.abs(right) > 1e-9 * scale
    lost = due & (np.abs(found) <= 1e-9 * scale)
    if not lost.any() or not close(np.where(lost, 0, right), found):
        return None
    return (
        _lost_results(evidence, due, lost)
        or _lost_inputs(evidence, due, lost)
        or _results_written_over(evidence, due, lost)
        or _overwritten(evidence, due, lost)
    )


def _lost_results(evidence: Evidence, due, lost) -> Diagnosis | None:
    """All that is kept belongs to one index along some axis of the results."""
    shapes = evidence.function.shapes
    if len(shapes) != 1:
        return None
    (shape,) = shapes
    kept = (due & ~lost).any(axis=1)
    entirely = ~(lost.any(axis=1) & kept)
    if not entirely.all() or not kept.any():
        return None
    index = np.array(np.unravel_index(np.flatnonzero(kept), shape))
    needed = np.array(np.unravel_index(np.flatnonzero(due.any(axis=1)), shape))
    fixed = [
        a
        for a in range(len(shape))
        if np.unique(index[a]).size == 1 and np.unique(needed[a]).size > 1
    ]
    if not fixed:
        return None
    places = [int(index[a][0]) for a in fixed]
    if fixed[0] == 0 and len(fixed) == 1:
        return Diagnosis(
            "batch",
            f"Only the {_end(places[0], shape[0])} sample counts (index {places[0]} along axis 0 "
            "of the result): the gradients of all samples of the batch have to be added up (`+=` "
            "instead of `=`, or a sum over axis 0).",
        )
    where = ", ".join(f"{p} along axis {a}" for a, p in zip(fixed, places, strict=True))
    if any(p != shape[a] - 1 for a, p in zip(fixed, places, strict=True)):
        return Diagnosis(
            "not visited",
            f"Only the results at index {where} count: is there a `return` or a `break` inside the "
            "loop, or a loop too few?",
        )
    return Diagnosis(
        "overwritten",
        f"Only the results at index {where} count: what the others give is overwritten or never "
        "visited. Add up over all positions (`+=` instead of `=`).",
    )


def _end(place: int, length: int) -> str:
    return {0: "first", length - 1: "last"}.get(place, f"{place}th")


def _lost_inputs(evidence: Evidence, due, lost) -> Diagnosis | None:
    """Inputs that get nothing at all."""
    without = due.any(axis=0) & ~(due & ~lost).any(axis=0)
    if not without.any() or (lost.any(axis=0) & ~without).any():
        return None
    where = where_wrong(without.reshape(evidence.x.shape))
    return Diagnosis(
        "border" if "border" in where else "not visited",
        f"{int(without.sum())} elements get no gradient at all{where}; the others are right: they "
        "are not visited by a loop, or cut off with the padding.",
    )


def _results_written_over(evidence: Evidence, due, lost) -> Diagnosis | None:
    """Whole results are lost: never visited, or later windows write zeros over them."""
    shapes = evidence.function.shapes
    if len(shapes) != 1 or shapes[0] == evidence.x.shape:
        return None
    rows = (lost == due).all(axis=1) & due.any(axis=1)
    if not rows.any() or lost[~rows].any():
        return None
    where = where_wrong(rows.reshape(shapes[0]))
    if " index along" in where:
        return Diagnosis(
            "not visited",
            f"The cotangents of {int(rows.sum())} results{where}, are lost, the others are right: "
            "a loop over the results ends too early or begins too late.",
        )
    grid = rows.reshape(shapes[0])
    last = grid[:, -1, -1] if grid.ndim == 4 and shapes[0][3] == evidence.x.shape[3] else None
    last = grid[:, :, -1, -1] if last is None and grid.ndim == 4 else last
    if last is None or last.any():
        return None
    return Diagnosis(
        "overwritten",
        f"The cotangents of {int(rows.sum())} results are lost, the others are right, and the last "
        "ones always: a later window writes over what an earlier one gave. Add up: `+=` instead "
        "of `=`.",
    )


def _overwritten(evidence: Evidence, due, lost) -> Diagnosis | None:
    """Inputs in several windows keep the gradient of one window only."""
    kept = due & ~lost
    lossy = lost.any(axis=0)
    if not kept[:, lossy].any(axis=0).all():
        return None
    return Diagnosis(
        "overwritten",
        f"{int(lossy.sum())} elements belong to several results (windows that overlap, for "
        "example), but get the gradient of some of them only; elements of a single window are "
        "right. The gradients have to be added up: `+=` instead of `=` (with index arrays, "
        "`np.add.at`).",
    )


def moved_windows(evidence: Evidence) -> Diagnosis | None:
    """The gradient of each result is right, but lies elsewhere, at a distance of its own."""
    pair = pairs(evidence)
    if pair is None or len(evidence.function.shapes) != 1:
        return None
    right, found = pair
    shape, x = evidence.function.shapes[0], evidence.x
    offsets: dict[int, tuple[int, ...]] = {}
    checked = 0
    for k in range(len(right)):
        a, b = right[k].reshape(x.shape), found[k].reshape(x.shape)
        if not a.any():
            continue
        if not b.any():
            continue
        offset = _offset(a, b)
        if offset is None:
            return None
        offsets[k] = offset
        checked += 1
    if checked < max(2, 0.5 * len(right)):
        return None
    return say_offsets(evidence, offsets, shape)


def _offset(a: np.ndarray, b: np.ndarray) -> tuple[int, ...] | None:
    """How far the numbers in `b` lie from the same numbers in `a`; None if they are others.

    Some of them may lie outside.
    """
    scale = np.abs(a).max()
    for first, second, sign in ((a, b, 1), (b, a, -1)):
        top = np.unravel_index(np.argmax(np.abs(first)), a.shape)
        for place in np.argwhere(np.abs(second - first[top]) <= 1e-6 * scale):
            offset = sign * (place - top)
            came, right = (
                tuple(
                    slice(max(s * o, 0), n + min(s * o, 0))
                    for o, n in zip(offset, a.shape, strict=True)
                )
                for s in (1, -1)
            )
            if (np.abs(b[came] - a[right]) <= 1e-6 * scale).all():
                return tuple(map(int, offset))
    return None


def say_offsets(evidence: Evidence, offsets, shape) -> Diagnosis | None:
    """What the distances of the results' parts from their right places look like."""
    index = np.array([np.unravel_index(k, shape) for k in offsets])
    moved = np.array(list(offsets.values()))
    if not moved.any():
        return None
    if (moved == moved[0]).all():
        where = ", ".join(f"{int(o):+d} along axis {a}" for a, o in enumerate(moved[0]) if o)
        return Diagnosis(
            "shift",
            f"The gradient of each window is right, but moved by {where}: an offset such as that "
            "of the padding is off.",
        )
    for axis, other in itertools.product(range(moved.shape[1]), range(index.shape[1])):
        if not moved[:, axis].any():
            continue
        step = _proportion(index[:, other], moved[:, axis])
        if step is not None:
            return Diagnosis(
                "stride",
                f"The gradient of each window is right, but lies in the wrong place: along axis "
                f"{axis} it is off by {step:+.3g} for each step along axis {other} of the "
                "result. The stride is ignored or wrong: the window of result i begins at "
                "`i · stride`.",
            )
    return Diagnosis(
        "wrong element",
        "The gradient of each result is right in itself, but goes to the wrong place: look at how "
        "the indices are computed (rows and columns exchanged?).",
    )


def _proportion(index: np.ndarray, moved: np.ndarray) -> float | None:
    """By how much a distance grows with each step of an index; None if not evenly."""
    centred = index - index.mean()
    if not centred.any():
        return None
    step = float(centred @ moved / (centred @ centred))
    rest = moved - moved.mean() - step * centred
    return step if step and np.abs(rest).max() < 1e-6 else None


def not_transposed(evidence: Evidence) -> Diagnosis | None:
    """The derivatives are applied to the cotangent the wrong way round."""
    jacobian = evidence.jacobian
    if jacobian is None or jacobian.shape[0] != jacobian.shape[1]:
        return None
    product = (jacobian @ evidence.cotangent).reshape(evidence.x.shape)
    if not evidence.same(product, evidence.found):
        return None
    return Diagnosis(
        "transpose",
        "The matrix of the derivatives is applied as it is, but the gradient needs its transpose: "
        "`Wᵀ c`, not `W c`.",
    )
