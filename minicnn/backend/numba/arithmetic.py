"""Sums and products of large arrays of equal shape, or of an array and one number per channel.

NumPy starts an inner loop for each short row of such an array; here one compiled function contains
the loops over rows and channels, on several threads. Small arrays and other shapes are computed by
NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile

import numpy as np

from minicnn.backend.numba.activations import CEILINGS
from minicnn.backend.numba.compiler.compile import compiled, contiguous, same_float
from minicnn.backend.numba.machine.threads import cut, for_chunks, for_pieces, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numpy import fused_layers as definition

LARGE = 65_536  # elements from which on a second thread saves time
PIECE = 16_384


def add(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """`x1 + x2`, with broadcasting."""
    return _combine(np.add, _add_rows, x1, x2)


def add_and_activate(x1: np.ndarray, x2: np.ndarray, activation: str = "linear") -> np.ndarray:
    """`activation(x1 + x2)`; see `backend/numpy/fused_layers.py`."""
    if activation == "linear" or not same_float(x1, x2) or x1.shape != x2.shape:
        return definition.add_and_activate(x1, x2, activation)
    y = np.empty(x1.shape, x1.dtype)
    arrays = (a.reshape(-1) for a in (*contiguous(x1, x2), y))
    share(_add_and_rectify, cut(y.size, PIECE), *arrays, y.dtype.type(CEILINGS[activation]))
    return y


def multiply(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """`x1 · x2`, with broadcasting."""
    return _combine(np.multiply, _multiply_rows, x1, x2)


def sum(
    x: np.ndarray,
    axis: int | tuple[int, ...] | None = None,
    dtype: np.dtype | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """Sum over `axis`, as NumPy's; fast for one sum per channel (over all axes but the last)."""
    if not sums_channels(x, axis) or dtype not in (None, x.dtype):
        return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    total = channel_sums(_sum_rows, x)
    return total.reshape(*(1,) * (x.ndim - 1), -1) if keepdims else total


def sums_channels(x: np.ndarray, axis: int | tuple[int, ...] | None) -> bool:
    """Whether x is large and contiguous, and `axis` is all axes but the last."""
    if not (isinstance(x, np.ndarray) and x.size >= LARGE and same_float(x)):
        return False
    axes = (axis,) if isinstance(axis, int) else axis
    if axes is None or x.ndim < 2 or not x.flags.c_contiguous:
        return False
    return sorted(a % x.ndim for a in axes) == list(range(x.ndim - 1))


def channel_sums(kernel: Callable, x: np.ndarray, *arguments) -> np.ndarray:
    """Sums over the rows of x, `(..., channels)`, computed piece by piece by a compiled function.

    `kernel(start, stop, rows, total, *arguments)` adds its rows to `total`; the totals of the
    pieces are added in their order.
    """
    rows = x.reshape(-1, x.shape[-1])
    bounds = cut(len(rows), 1 + PIECE // rows.shape[1])
    totals = np.zeros((len(bounds) - 1, rows.shape[1]), x.dtype)
    for_pieces(
        lambda piece, start, stop: kernel(start, stop, rows, totals[piece], *arguments), bounds
    )
    return totals.sum(0)


def _combine(ufunc: np.ufunc, rows_kernel: Callable, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    if not (isinstance(x1, np.ndarray) and isinstance(x2, np.ndarray)):
        return ufunc(x1, x2)
    if x1.size < x2.size:
        x1, x2 = x2, x1
    if x1.size < LARGE or not same_float(x1, x2) or not x1.flags.c_contiguous:
        return ufunc(x1, x2)
    if x1.shape == x2.shape and x2.flags.c_contiguous:
        return _combine_flat(ufunc, x1, x2)
    if not _is_row(x2, x1.shape):
        return ufunc(x1, x2)
    rows = x1.reshape(-1, x2.size)
    y = np.empty_like(rows)
    arguments = (rows, np.ascontiguousarray(x2).reshape(-1), y)
    for_chunks(rows_kernel, len(rows), *arguments, smallest=1 + PIECE // x2.size)
    return y.reshape(x1.shape)


def _combine_flat(ufunc: np.ufunc, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    y = np.empty_like(x1)
    a, b, out = x1.reshape(-1), x2.reshape(-1), y.reshape(-1)
    for_pieces(
        lambda _, start, stop: ufunc(a[start:stop], b[start:stop], out=out[start:stop]),
        cut(y.size, PIECE),
    )
    return y


def _is_row(x: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether x is repeated along the leading axes of `shape` and along no others."""
    trailing = tuple(dropwhile(lambda length: length == 1, x.shape))
    same = trailing == shape[len(shape) - len(trailing) :]
    return x.size >= 4 and x.ndim <= len(shape) and same


@compiled
def _add_and_rectify(work, x1, x2, y, ceiling):
    zero = y.dtype.type(0)
    for _, start, stop in pieces(work):
        a, b, target = x1[start:stop], x2[start:stop], y[start:stop]
        for i in range(len(target)):
            value = a[i] + b[i]
            value = ceiling if value > ceiling else value
            target[i] = zero if value <= zero else value  # NaN stays NaN


@compiled
def _add_rows(start, stop, rows, row, y):
    for i in range(start, stop):
        source, target = rows[i], y[i]
        for j in range(len(row)):
            target[j] = source[j] + row[j]


@compiled
def _multiply_rows(start, stop, rows, row, y):
    for i in range(start, stop):
        source, target = rows[i], y[i]
        for j in range(len(row)):
            target[j] = source[j] * row[j]


@compiled
def _sum_rows(start, stop, rows, total):
    for i in range(start, stop):
        row = rows[i]
        for j in range(len(total)):
            total[j] += row[j]
