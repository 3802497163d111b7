"""Tests whether two libraries are equivalent, from the differences of paired runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 0.05


class Verdict(NamedTuple):
    """The result of the test.

    Attributes:
        mean: of the differences.
        spread: their standard deviation.
        interval: where the true mean is with 90 % confidence. The verdict is "equivalent" if it
            lies within the margin, "not equivalent" if it lies outside, else "inconclusive".
        wide_interval: the same with 95 % confidence.
        p: the larger p of the two one-sided tests.
        verdict: "equivalent", "not equivalent" or "inconclusive".
    """

    mean: float
    spread: float
    interval: tuple[float, float]
    wide_interval: tuple[float, float]
    p: float
    verdict: str


def equivalence(differences: Sequence[float], margin: float, step: float = 0.0) -> Verdict:
    """Two one-sided t tests of whether the true mean of the differences is within ±margin.

    t = (mean ± margin) / (s / √n) has n − 1 degrees of freedom. Results that are multiples of a
    step, such as accuracies on a number of images, may all be equal by chance. So the standard
    deviation s is at least step/√6, that of rounding two numbers to the step.

    Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach
    for assessing the equivalence of average bioavailability", Journal of Pharmacokinetics and
    Biopharmaceutics 15 (1987).
    """
    from scipy import stats

    n = len(differences)
    if n < 2:
        raise ValueError(f"A spread needs at least two differences, but there is {n}.")
    mean, spread = float(np.mean(differences)), float(np.std(differences, ddof=1))
    error = max(spread, step / math.sqrt(6)) / math.sqrt(n) or np.finfo(float).tiny
    t = stats.t(n - 1)
    p = max(t.sf((mean + margin) / error), t.cdf((mean - margin) / error))
    half = float(t.ppf(1 - LEVEL)) * error
    half_wide = float(t.ppf(1 - LEVEL / 2)) * error
    interval = (mean - half, mean + half)
    if p <= LEVEL:
        verdict = "equivalent"
    elif interval[0] > margin or interval[1] < -margin:
        verdict = "not equivalent"
    else:
        verdict = "inconclusive"
    wide = (mean - half_wide, mean + half_wide)
    return Verdict(mean, spread, interval, wide, float(p), verdict)
