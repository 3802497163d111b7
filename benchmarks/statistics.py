"""Medians and quartiles, and ratios of times from the same round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Summary(NamedTuple):
    """The minimum, the quartiles and the median of samples."""

    least: float
    low: float
    median: float
    high: float


def summary(samples: Sequence[float]) -> Summary:
    """Summarise samples."""
    low, median, high = np.percentile(samples, [25, 50, 75])
    return Summary(float(min(samples)), float(low), float(median), float(high))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """Theirs / ours, round by round.

    The two were measured one after the other in each round, so other load on the machine slowed
    both. A ratio of the medians of all rounds would not take this into account.
    """
    if len(theirs) != len(ours):
        raise ValueError(f"{len(theirs)} rounds cannot be compared with {len(ours)}.")
    return [them / us for them, us in zip(theirs, ours, strict=True)]


def best(samples: dict[str, Sequence[float]], names: Sequence[str]) -> str | None:
    """The name with the smallest median; None if none of the names was measured."""
    measured = [name for name in names if samples.get(name)]
    return min(measured, key=lambda name: summary(samples[name]).median, default=None)
