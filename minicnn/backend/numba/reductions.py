"""The index of the largest element of each row (argmax), on several threads."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, same_float
from minicnn.backend.numba.machine.threads import for_chunks

PIECE = 65_536  # least number of elements in a piece of work


def argmax(x: np.ndarray, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Index of the first maximum, or of the first NaN, as NumPy's; fast along the last axis."""
    if not _has_rows(x, axis):
        return np.argmax(x, axis=axis, keepdims=keepdims)
    places = np.empty(x.shape[:-1], np.int64)
    rows = x.reshape(-1, x.shape[-1])
    smallest = 1 + PIECE // x.shape[-1]
    for_chunks(_argmax, len(rows), rows, places.reshape(-1), smallest=smallest)
    return places[..., None] if keepdims else places


def _has_rows(x: np.ndarray, axis: int | None) -> bool:
    if not isinstance(x, np.ndarray) or x.ndim < 2 or axis not in (-1, x.ndim - 1):
        return False
    return x.shape[-1] > 0 and same_float(x) and x.flags.c_contiguous


@compiled
def _argmax(start, stop, rows, places):
    for i in range(start, stop):
        largest, place = rows[i, 0], 0
        for j in range(1, rows.shape[1]):
            value = rows[i, j]
            better = (value > largest) | ((value != value) & (largest == largest))
            largest = value if better else largest
            place = j if better else place
        places[i] = place
