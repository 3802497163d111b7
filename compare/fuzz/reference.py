"""The truth of a network, and how far from it float32 explains.

Float64 arithmetic in which each result is changed by `PERTURBED` roundings shows where rounding
leads: as far, and over as many kinks, as float32 may get. The change of a sum grows with the number
and the size of its terms.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.cases import kinds
from compare.cases.case import Case
from compare.errors import ALLOWED, UNIT, error
from compare.libraries.truth import PerturbedTruth, Truth, perturbed_arithmetic

PERTURBED = ALLOWED
MARGIN = 2.0  # the other seeds may lead this many times further
SEEDS = (1, 2)
MORE_SEEDS = range(3, 9)


@dataclass
class Reference:
    """The quantities of a network in float64, and the limits of their relative errors."""

    values: dict[str, Any]
    limits: dict[str, float]


def reference(case: Case) -> Reference:
    """The truth and its limits, from some perturbed computations."""
    truth = Truth(confirm=False)
    with truth.settings():
        values = kinds.run(truth, case)
    found = Reference(values, dict.fromkeys(values, ALLOWED * UNIT))
    return widened(found, case, SEEDS)


def widened(reference: Reference, case: Case, seeds: Iterable[int]) -> Reference:
    """The same truth, with limits from more perturbed computations."""
    limits = dict(reference.limits)
    for seed in seeds:
        for name, value in _perturbed(case, seed).items():
            if name in limits and not isinstance(value, str):
                far = error(value, reference.values[name]).relative
                limits[name] = max(limits[name], MARGIN * np.nan_to_num(far) + ALLOWED * UNIT)
    return Reference(reference.values, limits)


def _perturbed(case: Case, seed: int) -> dict[str, Any]:
    with (
        Truth(confirm=False).settings(),
        perturbed_arithmetic(seed, PERTURBED * UNIT, sums=True) as perturb,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # perturbed labels are not exactly 0 or 1
        return kinds.run(PerturbedTruth(perturb), case)
