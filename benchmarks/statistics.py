"""Medians with their spread, and ratios of what was measured in the same round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Summary(NamedTuple):
    """The least, the quartiles and the median of some samples."""

    least: float
    low: float
    median: float
    high: float


def summary(samples: Sequence[float]) -> Summary:
    """Where the samples lie."""
    low, median, high = np.percentile(samples, [25, 50, 75])
    return Summary(float(min(samples)), float(low), float(median), float(high))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """How many times ours goes into theirs, round by round.

    The two were measured one after the other in each round, so that whatever else the machine did
    then slowed both. A ratio of medians of all rounds would not know that.
    """
    if len(theirs) != len(ours):
        raise ValueError(f"{len(theirs)} rounds cannot be held against {len(ours)}.")
    return [them / us for them, us in zip(theirs, ours, strict=True)]


def best(samples: dict[str, Sequence[float]], names: Sequence[str]) -> str | None:
    """Which of the names has the least median; None if none of them was measured."""
    measured = [name for name in names if samples.get(name)]
    return min(measured, key=lambda name: summary(samples[name]).median, default=None)
