"""Measures errors of float32 results, and how large an error float32's rounding explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

UNIT = 2.0**-24  # the largest relative error of rounding to float32
CANCELLED = 1e-3  # an entry this small, relative to the largest, is the rest of a cancellation
ALLOWED = 16.0  # times the error that one rounding of each result causes
SMALLEST = 2.0**-126  # float32 rounds smaller numbers to a multiple of 2⁻¹⁴⁹, or to zero
NEIGHBOURS = 17  # entries of about the same size, whose spread an entry is expected to have
ENTRYWISE = 8 * UNIT  # a spread that is nowhere larger, relative to the entry, is no cancellation


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
    Error(relative=1.192...e-07, ulp=1.0)
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


def limits(truth: np.ndarray, perturbed: Sequence[np.ndarray], mixing: bool = False) -> np.ndarray:
    """How far float32 explains each entry to be from the truth; zero where all of it must be zero.

    It is `ALLOWED` times the entry's spread in the `perturbed` results and its own rounding.
    A spread may be small by chance. So where terms cancel (some entry moves by much more than its
    rounding), it counts as at least that of the entries of about the same size; elsewhere as at
    least the largest relative spread. Terms that cancel inside an operation are not perturbed, so
    `_terms` adds a share of the largest entry. With `mixing`, of an algorithm that makes each entry
    from terms of the size of the largest, all entries have the limit of the largest.

    >>> limits(np.array([1.0, 1e-4]), [np.array([1.0, 1e-4]) * (1 + UNIT)]) / UNIT
    array([33.    ,  1.0032])
    """
    found, finite = np.zeros(truth.shape), np.isfinite(truth)
    wanted = wide(truth)[finite]
    size = np.abs(wanted)
    if not size.any():
        return found
    differences = np.abs([wide(p)[finite] - wanted for p in perturbed])
    spread = differences.max(0, initial=0, where=np.isfinite(differences))
    relative = (spread / np.where(size > 0, size, np.inf)).max()
    if mixing and relative >= ENTRYWISE:
        found[finite] = ALLOWED * (spread.max() + UNIT * size.max())
        return found
    usual = np.minimum(relative * size, _of_similar_size(spread, size))
    rounding = np.maximum(spread, usual) + UNIT * size + SMALLEST
    found[finite] = ALLOWED * rounding + _terms(spread, relative) * UNIT * size.max()
    return found


def _of_similar_size(spread: np.ndarray, size: np.ndarray) -> np.ndarray:
    """For each entry, the root mean square spread of those nearest to it in the order of sizes."""
    order, half = np.argsort(size), NEIGHBOURS // 2
    squares = spread[order] ** 2
    if len(size) <= NEIGHBOURS:
        return np.full(len(size), np.sqrt(squares.mean()))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(squares, half, "edge"), NEIGHBOURS)
    found = np.empty(len(size))
    found[order] = np.sqrt(windows.mean(-1))
    return found


def _terms(spread: np.ndarray, relative: float) -> float:
    """How many roundings of the largest entry reach each entry.

    One where entries do not cancel: activations such as exp(x) − 1 subtract a one. Some where they
    do. As many as are allowed if nothing was perturbed, as in initial values and windows.
    """
    if not spread.any():
        return ALLOWED
    return 1.0 if relative < ENTRYWISE else ALLOWED / 2


def share(found: np.ndarray, truth: np.ndarray, limits: np.ndarray) -> tuple[float, tuple]:
    """The largest part of its limit that an entry is off, and the entry's place.

    Infinite if the shape, the infinities or the NaNs differ from the truth's.
    """
    if found.shape != truth.shape or not np.array_equal(_special(found), _special(truth)):
        return np.inf, ()
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.abs(wide(found) - wide(truth))
        shares = np.where(~np.isfinite(truth) | (off == 0), 0.0, off / limits)
    if not shares.size:
        return 0.0, ()
    place = np.unravel_index(shares.argmax(), shares.shape)
    return float(shares[place]), place


def wide(x: np.ndarray) -> np.ndarray:
    """The array in float64, or complex128."""
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def _special(x: np.ndarray) -> np.ndarray:
    """The infinities and NaNs, zero elsewhere."""
    return np.select([np.isnan(x), np.isinf(x)], [2.0, np.sign(wide(x).real)], 0.0)
