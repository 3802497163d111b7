"""Explanations for functions that subtract a mean or divide by a deviation (normalisations).

For `x̂ = (x − μ) / σ` the gradient is `s (c − mean(c) − x̂ mean(c x̂))`: the second term comes from
the mean, the third from the variance. If one is missing, the difference from the truth is constant
over the axes of the mean, or a multiple of x̂ there.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence


class Terms(NamedTuple):
    """The difference from the truth as `constant + multiple · x̂`, for each group."""

    axes: tuple[int, ...]
    constant: np.ndarray
    multiple: np.ndarray


def missing_mean_terms(evidence: Evidence) -> Diagnosis | None:
    """The terms of the mean or the variance are missing or have a wrong factor."""
    missing = evidence.truth - evidence.found
    for axes in _axes_sets(evidence.x):
        terms = _fit(evidence, missing, axes)
        if terms is not None:
            return _say(evidence, terms)
    return None


def missing_sum_term(evidence: Evidence) -> Diagnosis | None:
    """Results that depend on several inputs are differentiated by their own only (softmax)."""
    jacobian = evidence.jacobian
    if jacobian is None or jacobian.shape[0] != jacobian.shape[1]:
        return None
    own = np.diag(jacobian) * evidence.cotangent
    off = jacobian - np.diag(np.diag(jacobian))
    if np.abs(off).max(initial=0.0) < 1e-9 * np.abs(jacobian).max(initial=0.0):
        return None
    if evidence.same(own.reshape(evidence.found.shape), evidence.found):
        return Diagnosis(
            "sum term",
            "Only the diagonal of the derivatives is there: each result is differentiated by the "
            "input at its own place, but it depends on other inputs, too (as in a softmax, where "
            "`−y Σ c y` comes from them).",
        )
    missing = evidence.truth - evidence.found
    for y, c in zip(evidence.function.results, evidence.cotangents, strict=True):
        if y.shape != missing.shape:
            continue
        right, came = (_constant_axes((g - y * c) / y) for g in (evidence.truth, evidence.found))
        if right and came and right != came:
            return Diagnosis(
                "wrong axis",
                f"The sum over axis {came[0]} is taken, but the one over axis {right[0]} is due.",
            )
        for axis in range(y.ndim):
            ratio = missing / np.where(np.abs(y) < 1e-12, 1, y)
            if y.shape[axis] > 1 and np.ptp(ratio, axis).max() <= 1e-5 * np.abs(ratio).max():
                return Diagnosis(
                    "sum term",
                    f"What is missing is the result times one number along axis {axis}: the sum "
                    "over that axis, `−y Σ c y` in a softmax, is missing or has a wrong factor.",
                )
    return None


def _constant_axes(array: np.ndarray) -> list[int]:
    """The axes along which nothing changes."""
    long = [a for a in range(array.ndim) if array.shape[a] > 1]
    largest = np.abs(array).max(initial=0.0)
    return [a for a in long if largest > 1e-9 and np.ptp(array, a).max() <= 1e-5 * largest]


def _axes_sets(x: np.ndarray) -> list[tuple[int, ...]]:
    """Sets of axes over which a mean may have been taken, the largest first."""
    sets = [
        axes
        for count in range(x.ndim, 0, -1)
        for axes in itertools.combinations(range(x.ndim), count)
    ]
    return [axes for axes in sets if np.prod([x.shape[a] for a in axes]) >= 3]


def standardized(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """x̂: the input minus its mean, over its deviation, along these axes."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axes, keepdims=True))
    return centred / np.where(deviation, deviation, 1)


def _fit(evidence: Evidence, missing: np.ndarray, axes: tuple[int, ...]) -> Terms | None:
    constant = missing.mean(axes, keepdims=True)
    if evidence.same(constant + 0 * missing, missing):
        return Terms(axes, constant, 0 * constant)
    if np.prod([missing.shape[a] for a in axes]) < 4:
        return None
    normal = standardized(evidence.x, axes)
    multiple = (missing * normal).mean(axes, keepdims=True)
    if evidence.same(constant + multiple * normal, missing):
        return Terms(axes, constant, multiple)
    return None


def _say(evidence: Evidence, terms: Terms) -> Diagnosis | None:
    has_mean = np.abs(terms.constant).max() > 1e-5 * evidence.scale
    has_variance = np.abs(terms.multiple).max() > 1e-5 * evidence.scale
    normalises = _share_of_terms(evidence, terms)
    over = f"axis {terms.axes[0]}" if len(terms.axes) == 1 else f"the axes {terms.axes}"
    if has_mean and has_variance:
        return Diagnosis(
            "mean and variance terms",
            "The difference from the right gradient is a constant plus a multiple of the "
            f"normalised input x̂ over {over}: the terms through the mean and through the variance "
            "are missing. They depend on the input, too, and have to be differentiated.",
        )
    if has_mean:
        how = _how(None if normalises is None else normalises[0])
        return Diagnosis(
            "mean term",
            f"The difference from the right gradient is constant over {over}: the term that comes "
            f"from the mean, `− mean(c)` over {over}, {how}.",
        )
    if has_variance:
        how = _how(None if normalises is None else normalises[1])
        return Diagnosis(
            "variance term",
            f"The difference from the right gradient is a multiple of the normalised input x̂ over "
            f"{over}: the term that comes from the variance, `− x̂ mean(c x̂)` over {over}, {how}.",
        )
    return None


def _how(share: np.ndarray | None) -> str:
    if share is None:
        return "is missing or has a wrong factor"
    if np.abs(share).max() < 1e-3:
        return "is missing"
    if np.ptp(share) < 1e-3 * np.abs(share).max():
        mean = float(share.mean())
        if abs(mean + 1) < 1e-3:
            return "has the wrong sign"
        return f"is {mean:.4g} times what it should be"
    numbers = ", ".join(f"{s:.4g}" for s in share.ravel()[:4])
    return f"has a wrong factor, which differs from group to group ({numbers})"


def _share_of_terms(evidence: Evidence, terms: Terms) -> tuple[np.ndarray, np.ndarray] | None:
    """How much of the mean's and of the variance's term the found gradient has: 1 is right."""
    truth, axes = evidence.truth, terms.axes
    normal = standardized(evidence.x, axes)
    for c in evidence.cotangents:
        if c.shape != truth.shape:
            continue
        for factor in (np.ones(()), *evidence.function.arrays):
            try:
                scaled = np.broadcast_to(c * factor, c.shape)
            except ValueError:
                continue
            mean = scaled.mean(axes, keepdims=True)
            along = (scaled * normal).mean(axes, keepdims=True)
            rest = scaled - mean - along * normal
            square = np.sum(rest * rest, axes, keepdims=True)
            s = np.sum(truth * rest, axes, keepdims=True) / np.where(square, square, 1)
            if np.abs(truth - s * rest).max() > 2e-2 * evidence.scale:
                continue
            with np.errstate(all="ignore"):
                shares = 1 + terms.constant / (s * mean), 1 + terms.multiple / (s * along)
            return tuple(np.where(np.isfinite(share), share, 0.0) for share in shares)
    return None
