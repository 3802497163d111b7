"""Tests whether two libraries are equivalent, from the differences of paired runs.

The test may look at its data several times: after `first` pairs, after twice as many, and so on,
and stops at the first look that decides. Looking often at the level of 5 % would find equivalence
too often, so each look has its part of the 5 %:

    level(k) = 0.05 / (k (k + 1)) = 2.5 %, 0.83 %, 0.42 %, ...        Σ level(k) = 0.05

The probability of any false decision is at most the sum of those of the looks (Bonferroni's
inequality), so it is at most 5 %, however many looks there are and whatever their dependence.

Sources: Lan, DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983),
for spending a level over looks; Schuirmann, "A comparison of the two one-sided tests procedure and
the power approach for assessing the equivalence of average bioavailability", Journal of
Pharmacokinetics and Biopharmaceutics 15 (1987), for the test at one look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 0.05
EQUIVALENT, DIFFERENT, UNDECIDED = "equivalent", "not equivalent", "inconclusive"


class Verdict(NamedTuple):
    """The result of the test at one look.

    Attributes:
        mean: of the differences.
        spread: their standard deviation.
        level: of this look.
        interval: where the true mean is with confidence 1 - 2 level. The verdict is "equivalent"
            if it lies within the margin, "not equivalent" if it lies outside, else "inconclusive".
        p: the larger p of the two one-sided tests.
        verdict: "equivalent", "not equivalent" or "inconclusive".
    """

    mean: float
    spread: float
    level: float
    interval: tuple[float, float]
    p: float
    verdict: str


def level_of(look: int) -> float:
    """The level of a look; the first is 1."""
    return LEVEL / (look * (look + 1))


def pairs_at(look: int, first: int) -> int:
    """The number of pairs at a look: twice as many at each."""
    return first * 2 ** (look - 1)


def equivalence(
    differences: Sequence[float], margin: float, step: float = 0.0, level: float = LEVEL
) -> Verdict:
    """Two one-sided t tests of whether the true mean of the differences is within ±margin.

    t = (mean ± margin) / (s / √n) has n − 1 degrees of freedom. Results that are multiples of a
    step, such as accuracies on a number of images, may all be equal by chance. So the standard
    deviation s is at least step/√6, that of rounding two numbers to the step.
    """
    from scipy.special import stdtr, stdtrit

    n = len(differences)
    if n < 2:
        raise ValueError(f"A spread needs at least two differences, but there is {n}.")
    mean, spread = float(np.mean(differences)), float(np.std(differences, ddof=1))
    error = max(spread, step / math.sqrt(6)) / math.sqrt(n) or np.finfo(float).tiny
    p = max(stdtr(n - 1, -(mean + margin) / error), stdtr(n - 1, (mean - margin) / error))
    half = float(stdtrit(n - 1, 1 - level)) * error
    interval = (mean - half, mean + half)
    if p <= level:
        verdict = EQUIVALENT
    elif interval[0] > margin or interval[1] < -margin:
        verdict = DIFFERENT
    else:
        verdict = UNDECIDED
    return Verdict(mean, spread, level, interval, float(p), verdict)
