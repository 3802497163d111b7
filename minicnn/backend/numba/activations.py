"""Relu and other activations without exponentials, softmax and log-softmax, and their gradients.

Relu and the softmax family are compiled loops, on several threads: relu over elements, softmax over
rows. The other activations are NumPy's formulas, applied piece by piece (`machine/piecewise.py`).
Those made of exponentials are in `exponentials.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part, same_float
from minicnn.backend.numba.machine.piecewise import piecewise
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import activations as definition

PIECE = 16_384  # elements


def relu(x: np.ndarray) -> np.ndarray:
    """`max(x, 0)`. NaN stays NaN."""
    if not same_float(x):
        return definition.relu(x)
    y = np.empty(x.shape, x.dtype)
    for_chunks(_relu, x.size, x.reshape(-1), y.reshape(-1), smallest=PIECE)
    return y


def relu_gradient(cotangent: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cotangent of the input of `y = relu(x)`: the cotangent where `y > 0`, zero elsewhere."""
    if not same_float(cotangent, y) or cotangent.shape != y.shape:
        return definition.relu_gradient(cotangent, y)
    gradient = np.empty(y.shape, y.dtype)
    arrays = cotangent.reshape(-1), y.reshape(-1), gradient.reshape(-1)
    for_chunks(_relu_gradient, y.size, *arrays, smallest=PIECE)
    return gradient


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


celu = piecewise(definition.celu)
hard_sigmoid = piecewise(definition.hard_sigmoid)
hard_silu = piecewise(definition.hard_silu)
leaky_relu = piecewise(definition.leaky_relu)
relu6 = piecewise(definition.relu6)
softsign = piecewise(definition.softsign)


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


# For the compiler to use vector instructions, loops start at 0, zeros have the array's type, and
# values are read before they are compared.


@compiled
def _relu(start, stop, x, y):
    x, y, zero = x[start:stop], y[start:stop], x.dtype.type(0)
    for i in range(len(x)):
        value = x[i]
        y[i] = zero if value <= zero else value


@compiled
def _relu_gradient(start, stop, cotangent, y, gradient):
    cotangent, y, gradient = cotangent[start:stop], y[start:stop], gradient[start:stop]
    zero = y.dtype.type(0)
    for i in range(len(y)):
        value = cotangent[i]
        gradient[i] = value if y[i] > zero else zero


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
