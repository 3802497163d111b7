"""Softmax, its logarithm and their gradients, as compiled loops over rows on several threads.

For each row one loop finds the largest number, one sums the exponentials, and one writes the
result; between them the row stays in the processor's cache. Softmax along another axis than the
last is NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part, same_float
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import softmax as definition


def softmax(x: np.ndarray, axis: int | tuple[int, ...] | None = -1) -> np.ndarray:
    """`exp(x) / Σ exp(x)` along `axis`."""
    if not _rows(axis, x):
        return definition.softmax(x, axis)
    return _each_row(_softmax, x)


def softmax_gradient(
    cotangent: np.ndarray, y: np.ndarray, axis: int | tuple[int, ...] | None = -1
) -> np.ndarray:
    """Cotangent of the input of `y = softmax(x)`."""
    if not _rows(axis, y, cotangent):
        return definition.softmax_gradient(cotangent, y, axis)
    return _each_row(_softmax_gradient, cotangent, y)


def log_softmax(x: np.ndarray, axis: int | tuple[int, ...] | None = -1) -> np.ndarray:
    """`x - log Σ exp(x)` along `axis`."""
    if not _rows(axis, x):
        return definition.log_softmax(x, axis)
    return _each_row(_log_softmax, x)


def log_softmax_gradient(
    cotangent: np.ndarray, y: np.ndarray, axis: int | tuple[int, ...] | None = -1
) -> np.ndarray:
    """Cotangent of the input of `y = log_softmax(x)`."""
    if not _rows(axis, y, cotangent):
        return definition.log_softmax_gradient(cotangent, y, axis)
    return _each_row(_log_softmax_gradient, cotangent, y)


def _rows(axis: int | tuple[int, ...] | None, *arrays: np.ndarray) -> bool:
    """Whether `axis` is the last one, and the arrays have a compiled type and one shape."""
    x = arrays[0]
    last = axis in (-1, x.ndim - 1, (-1,), (x.ndim - 1,)) and x.ndim > 0 and x.shape[-1] > 0
    return last and same_float(*arrays) and all(array.shape == x.shape for array in arrays)


def _each_row(kernel: Callable, *arrays: np.ndarray) -> np.ndarray:
    """Calls `kernel(start, stop, *arrays, result)` on matrices, the last axis being the columns."""
    columns = arrays[0].shape[-1]
    rows = [np.ascontiguousarray(array).reshape(-1, columns) for array in arrays]
    y = np.empty(rows[0].shape, rows[0].dtype)
    for_chunks(kernel, len(y), *rows, y, smallest=1 + 4096 // columns)
    return y.reshape(arrays[0].shape)


@compiled
def _softmax(start, stop, x, y):
    for i in range(start, stop):
        shift = _shift(x[i])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            y[i, j] = np.exp(x[i, j] - shift)
            total += y[i, j]
        for j in range(x.shape[1]):
            y[i, j] /= total


@compiled
def _log_softmax(start, stop, x, y):
    for i in range(start, stop):
        shift = _shift(x[i])
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += np.exp(x[i, j] - shift)
        logarithm = np.log(total)
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] - shift - logarithm


@part
def _shift(row):
    """The largest element, or 0 where that is infinite."""
    largest = row[0]
    for value in row:
        largest = max(largest, value)
    return largest if np.isfinite(largest) else row.dtype.type(0)


@compiled
def _softmax_gradient(start, stop, cotangent, y, gradient):
    for i in range(start, stop):
        product = y.dtype.type(0)
        for j in range(y.shape[1]):
            product += cotangent[i, j] * y[i, j]
        for j in range(y.shape[1]):
            gradient[i, j] = y[i, j] * (cotangent[i, j] - product)


@compiled
def _log_softmax_gradient(start, stop, cotangent, y, gradient):
    for i in range(start, stop):
        total = y.dtype.type(0)
        for j in range(y.shape[1]):
            total += cotangent[i, j]
        for j in range(y.shape[1]):
            gradient[i, j] = cotangent[i, j] - np.exp(y[i, j]) * total
