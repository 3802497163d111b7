"""Kinks: points at which the slopes to the left and to the right differ (relu at 0, equal maxima).

Any slope between the two is a valid subgradient of that element. But elements that share a kink,
such as equal numbers in the window of a maximum, are not free of each other: where all of them
are moved together, the function may well be smooth, and then the sum of their gradients is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minicnn.testing.differences import STEPS, best_central, one_sided
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.truth import Truth, kink_threshold, line_through


class Tie(NamedTuple):
    """Flat indices of elements that share a kink, and the sum that their gradients should have."""

    group: np.ndarray
    total: float


def disagreeing_groups(
    function: Differentiable,
    i: int,
    found: np.ndarray,
    cotangent: np.ndarray,
    truth: Truth,
    tolerance: float,
) -> list[Tie]:
    """Groups of elements on shared kinks whose gradients have a wrong sum."""
    if truth.kinked is None:
        return []
    wrong = []
    for group in _sharing_groups(truth.kinked & (cotangent != 0)[:, None]):
        direction = np.zeros(found.size)
        direction[group] = 1.0
        line = line_through(function, i, direction)
        left, right = one_sided(line, truth.here, STEPS[-1])
        low = float(np.minimum(cotangent * left, cotangent * right).sum())
        high = float(np.maximum(cotangent * left, cotangent * right).sum())
        limit = max(tolerance, 1e-6) * max(1.0, abs(low), abs(high))
        if (np.abs(left - right) <= kink_threshold(left, truth.here)).all():
            low = high = float(cotangent @ best_central(line, truth.here).slopes)
        total = float(found.ravel()[group].sum())
        if not low - limit <= total <= high + limit:
            wrong.append(Tie(group, min(max(total, low), high)))
    return wrong


def _sharing_groups(kinked: np.ndarray) -> list[np.ndarray]:
    """Elements that are on a kink of the same result, directly or over others."""
    groups: list[set[int]] = []
    for row in kinked[kinked.any(axis=1)]:
        merged = set(map(int, np.flatnonzero(row)))
        apart = [group for group in groups if not group & merged]
        merged = merged.union(*(group for group in groups if group & merged))
        groups = [*apart, merged]
    return [np.array(sorted(group)) for group in groups if len(group) > 1]
