"""Large matrix products, on our threads instead of the matrix library's own."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compile import same_float
from minicnn.backend.numba.threads import cut, for_pieces

PIECE_OPERATIONS = 4_000_000  # multiplications that are worth waking a thread for


def matmul(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """`x1 @ x2`, as NumPy's; matrices are cut along the longer side of the result."""
    if x1.ndim != 2 or x2.ndim != 2 or not same_float(x1, x2) or x1.shape[1] != x2.shape[0]:
        return np.matmul(x1, x2)
    rows, columns = len(x1), x2.shape[1]
    y = np.empty((rows, columns), x1.dtype)

    def some_rows(_: int, start: int, stop: int) -> None:
        np.matmul(x1[start:stop], x2, out=y[start:stop])

    def some_columns(_: int, start: int, stop: int) -> None:
        np.matmul(x1, x2[:, start:stop], out=y[:, start:stop])

    task, longer, shorter = (
        (some_rows, rows, columns) if rows >= columns else (some_columns, columns, rows)
    )
    for_pieces(task, cut(longer, 1 + PIECE_OPERATIONS // max(1, x1.shape[1] * shorter)))
    return y
