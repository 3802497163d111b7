"""Explanations of the form: the gradient goes to inputs that did not decide the result."""

from __future__ import annotations

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence


def ties(evidence: Evidence) -> Diagnosis | None:
    """Equal inputs that share a kink each get the whole gradient, or none of it."""
    found = evidence.compared.ties
    groups = [tie.group for tie in found]
    wrong = evidence.compared.wrong
    if not groups or wrong.sum() > len(np.unique(np.concatenate(groups))):
        return None
    group = groups[0]
    places = ", ".join(
        str(tuple(map(int, np.unravel_index(j, evidence.x.shape)))) for j in group[:4]
    )
    total = float(evidence.found.ravel()[group].sum())
    return Diagnosis(
        "ties",
        f"The inputs at {places}{', …' if len(group) > 4 else ''} are equal, and compete for the "
        f"same maximum or minimum. Their gradients sum to {total:.6g}, but the slope when all of "
        f"them grow together is {found[0].total:.6g}: the whole gradient goes to each (or to none) "
        "instead of being given once. Give it to one of them, or divide it.",
    )


def mask_missing(evidence: Evidence) -> Diagnosis | None:
    """Right where the truth is not zero, but not zero elsewhere."""
    known = np.isfinite(evidence.truth)
    found, truth = evidence.found[known], evidence.truth[known]
    zero = np.abs(truth) <= 1e-9 * evidence.scale
    if zero.all() or not zero.any():
        return None
    wrong = np.abs(found - truth) > 1e-6 * evidence.scale
    if not wrong[zero].any() or wrong[~zero].any():
        if not wrong[zero].all() or np.abs(found[~zero]).max() > 1e-6 * evidence.scale:
            return None
        return Diagnosis(
            "mask",
            "The mask is the wrong way round: the gradient is zero exactly where it should not be.",
        )
    return Diagnosis(
        "mask",
        f"The gradient is right where it is not zero, but {int(wrong.sum())} elements that should "
        "be zero are not: a mask (of a relu, a maximum, a dropout) is not applied.",
    )


def flat_results(evidence: Evidence) -> Diagnosis | None:
    """The cotangents of results that do not depend on the input reach it all the same."""
    pair = pairs(evidence)
    if pair is None:
        return None
    right, found = pair
    flat = ~right.any(axis=1)
    leaking = flat & (np.abs(found) > 1e-6 * np.abs(right).max()).any(axis=1)
    if not leaking.any() or not close(found[~flat], right[~flat]):
        return None
    return Diagnosis(
        "mask",
        f"The cotangents of {int(leaking.sum())} results reach the input, although these results "
        "do not change with it (a relu that is off there, for example). For all other results the "
        "gradient is right: the mask is not applied.",
    )


def wrong_inputs_of_results(evidence: Evidence) -> Diagnosis | None:
    """Each result depends on one input (a maximum), but its cotangent goes elsewhere."""
    pair = pairs(evidence)
    if pair is None:
        return None
    right, found = pair
    scale = np.abs(right).max()
    counts = (np.abs(right) > 1e-9 * scale).sum(axis=1)
    if counts.max(initial=0) != 1 or right.shape[1] < 3:
        return None
    found_at = np.abs(found) > 1e-6 * scale
    several = found_at.sum(axis=1)
    if np.median(several[counts > 0]) > 1:
        sums = close(found.sum(axis=1), right.sum(axis=1))
        count = int(np.median(several[several > 0]))
        how = (
            f"is divided among {count} inputs (as by an average)"
            if sums
            else f"goes to {count} inputs"
        )
        return Diagnosis(
            "mask",
            f"Each result depends on one input only, the one that decides it (a maximum, for "
            f"example), but its cotangent {how}: the mask of the deciding input is missing.",
        )
    if close(np.abs(found).max(axis=1), np.abs(right).max(axis=1)):
        return Diagnosis(
            "wrong element",
            "The cotangent of each result goes to one input, as it should, but to the wrong one: "
            "look at how the index of the deciding element is found and used.",
        )
    return None


def masked_by_sign(evidence: Evidence) -> Diagnosis | None:
    """A mask of the cotangent's sign."""
    (c, *others) = evidence.cotangents
    if others or evidence.jacobian is None:
        return None
    for words, kept in (("positive", c > 0), ("negative", c < 0)):
        gradient = ((c * kept).ravel() @ evidence.jacobian).reshape(evidence.x.shape)
        if evidence.same(gradient, evidence.found):
            return Diagnosis(
                "mask",
                f"Only the {words} elements of the cotangent count: the mask is taken of the "
                "cotangent, but belongs to the input.",
            )
    return None


def pairs(evidence: Evidence) -> tuple[np.ndarray, np.ndarray] | None:
    """The right and the found derivatives of each result (rows) by each input (columns)."""
    if not evidence.linear():
        return None
    return evidence.jacobian, evidence.found_jacobian


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two parts of the derivatives are equal to the exactness of the truth."""
    scale = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return bool((np.abs(a - b) <= 1e-6 * scale).all())
