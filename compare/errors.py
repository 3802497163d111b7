"""Measures errors of float32 results, and how large an error float32's rounding explains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

UNIT = 2.0**-24  # the largest relative error of rounding to float32
CANCELLED = 1e-3  # an entry this small, relative to the largest, is the rest of a cancellation
ALLOWED = 16.0  # times the error that one rounding of each result causes


class Error(NamedTuple):
    """The distance of an array from the truth (the float64 result).

    `relative` is the largest difference divided by the largest entry of the truth. `ulp` is the
    largest difference in units in the last place (float32) of the entry; for entries below a
    thousandth of the largest, in units of that thousandth.
    """

    relative: float
    ulp: float


def error(found: np.ndarray, truth: np.ndarray) -> Error:
    """The error of `found`; infinite if its shape, infinities or NaNs differ from the truth's.

    >>> error(np.float32([1.0, 2.0]), np.array([1.0, 2.0 + 2**-22]))
    Error(relative=1.1920928244535446e-07, ulp=1.0)
    """
    if found.shape != truth.shape or not np.array_equal(_special(found), _special(truth)):
        return Error(np.inf, np.inf)
    finite = np.isfinite(truth)
    found, truth = wide(found)[finite], wide(truth)[finite]
    if not truth.size:
        return Error(0.0, 0.0)
    difference, largest = np.abs(found - truth), np.abs(truth).max()
    place = np.spacing(np.maximum(np.abs(truth), CANCELLED * largest).astype("float32"))
    if not difference.any():
        return Error(0.0, 0.0)
    relative = difference.max() / largest if largest else np.inf
    return Error(float(relative), float((difference / place).max()))


def explained(
    truth: np.ndarray,
    perturbed: list[np.ndarray],
    unit: float = UNIT,
    smallest: float = 0.0,
    allowed: float = ALLOWED,
) -> float:
    """The relative error that rounding explains, `allowed` times that of rounding each result once.

    `perturbed` are results of float64 arithmetic in which the result of each operation was
    changed by as much as float32 (or the type with another `unit`) rounds. Numbers close to zero
    are rounded by `smallest`.
    """
    finite = np.isfinite(truth)
    wanted = wide(truth)[finite]
    if not wanted.size:
        return 0.0
    largest = float(np.abs(wanted).max())
    if not largest:
        return 0.0
    differences = np.abs([wide(p)[finite] - wanted for p in perturbed])
    difference = differences.max(initial=0.0, where=np.isfinite(differences))
    return allowed * ((float(difference) + smallest) / largest + unit)


def wide(x: np.ndarray) -> np.ndarray:
    """The array in float64, or complex128."""
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def _special(x: np.ndarray) -> np.ndarray:
    """The infinities and NaNs, zero elsewhere."""
    return np.select([np.isnan(x), np.isinf(x)], [2.0, np.sign(wide(x).real)], 0.0)
