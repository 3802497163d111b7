"""Explanations: each result's part is right up to a factor, the slope of a last step."""

from __future__ import annotations

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses.masks import close, pairs


def named_slope(evidence: Evidence) -> Diagnosis | None:
    """Each result's part is off by the slope of a well-known function of that result."""
    ratio = _ratio_of_results(evidence)
    if ratio is None:
        return None
    y = evidence.compared.truth.here
    used = np.isfinite(ratio)
    with np.errstate(all="ignore"):
        for name, slope in SLOPES.items():
            if np.allclose(ratio[used] * slope(y)[used], 1, rtol=1e-5):
                return Diagnosis(
                    "slope",
                    "Each result's part is right up to a factor of its own, and that factor is one "
                    f"over {name}: that slope is missing.",
                )
            if np.allclose(ratio[used], slope(y)[used], rtol=1e-5):
                return Diagnosis(
                    "slope",
                    "Each result's part is right up to a factor of its own, and that factor is "
                    f"{name}, which is there once too often.",
                )
    return None


SLOPES = {
    "`1 − y²` (the slope of tanh, y being the result)": lambda y: 1 - y * y,
    "`y (1 − y)` (the slope of the sigmoid, y being the result)": lambda y: y * (1 - y),
    "the result itself (the slope of exp)": lambda y: y,
    "`1 − exp(−y)` (the slope of softplus, y being the result)": lambda y: 1 - np.exp(-y),
    "`1 / (2 y)` (the slope of a square root, y being the result)": lambda y: 1 / (2 * y),
    "`2 √y` (the slope of a square, y being the result)": lambda y: 2 * np.sqrt(np.abs(y)),
}


def factor_of_results(evidence: Evidence) -> Diagnosis | None:
    """Each result's part is right up to a factor of that result: a slope behind it is missing."""
    ratio = _ratio_of_results(evidence)
    if ratio is None:
        return None
    values, counts = np.unique(np.round(ratio[np.isfinite(ratio)], 6), return_counts=True)
    if len(values) > 4:
        shown = ", ".join(f"{r:.4g}" for r in ratio[np.isfinite(ratio)][:4])
        return Diagnosis(
            "slope",
            f"The part of each result is off by a factor of its own ({shown}, …): a slope of the "
            "last step (an activation, a weight) is missing or wrong.",
        )
    parts = [
        f"{count} results is {'right' if value == 1 else f'{value:.6g} times the right one'}"
        for value, count in zip(values, counts, strict=True)
    ]
    return Diagnosis(
        "mask" if 0 in values else "slope",
        f"The part of {', of '.join(parts)}: look at what distinguishes these results (a mask, a "
        "branch such as x < 0, the border).",
    )


def _ratio_of_results(evidence: Evidence) -> np.ndarray | None:
    """By what each result's part is off, NaN for results without one; None if not a factor."""
    pair = pairs(evidence)
    if pair is None:
        return None
    right, found = pair
    square = (right * right).sum(axis=1)
    used = square > 1e-18 * square.max()
    ratio = np.where(used, (right * found).sum(axis=1) / np.where(used, square, 1), np.nan)
    if used.sum() < 2 or not close(ratio[used, None] * right[used], found[used]):
        return None
    if np.ptp(ratio[used]) < 1e-6 * np.abs(ratio[used]).max():
        return None
    return ratio
