"""Matrix products, and the dense layer made of them, on our threads.

The matrix library (BLAS) computes each product with one thread (see `threads.py`); a product that
is large enough is cut into several, which our threads take. How it is cut depends on its size
alone, so the result does not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.activations import relu_gradient
from minicnn.backend.numba.compile import same_float
from minicnn.backend.numba.threads import cut, for_pieces
from minicnn.backend.numpy import blocks as definition
from minicnn.backend.numpy.blocks import Gradients

PIECE_OPERATIONS = 4_000_000  # multiplications that are worth waking a thread for
BLOCK_BYTES = 256 * 1024  # of a result that is still in the cache when bias and relu come


def matmul(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """`x1 @ x2`, as NumPy's; matrices are cut along the longest of their three sides."""
    if x1.ndim != 2 or x2.ndim != 2 or not same_float(x1, x2) or x1.shape[1] != x2.shape[0]:
        return np.matmul(x1, x2)
    return _product(x1, x2)


def dense_block(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, activation: str
) -> np.ndarray:
    """`activation(x · kernel + bias)`; see `backend/numpy/blocks.py`."""
    if not same_float(x, kernel) or (bias is not None and bias.dtype != x.dtype):
        return definition.dense_block(x, kernel, bias, activation)
    rows, terms = x.shape
    units = kernel.shape[1]
    if rows * terms * units < 2 * PIECE_OPERATIONS:
        return _finish(np.dot(x, kernel), bias, activation)
    y = np.empty((rows, units), x.dtype)
    block = max(1, BLOCK_BYTES // max(1, units * x.itemsize))

    def task(_: int, start: int, stop: int) -> None:
        for first in range(start, stop, block):
            some = slice(first, min(first + block, stop))
            _finish(np.matmul(x[some], kernel, out=y[some]), bias, activation)

    for_pieces(task, cut(rows, 1 + PIECE_OPERATIONS // max(1, terms * units)))
    return y


def dense_block_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray | None,
    activation: str,
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias (None where not needed)."""
    if activation == "relu":
        cotangent = relu_gradient(cotangent, y)
    input_gradient = kernel_gradient = bias_gradient = None
    if input_needed:
        input_gradient = matmul(cotangent, kernel.T)
    if kernel_needed:
        kernel_gradient = matmul(x.T, cotangent)
        bias_gradient = np.add.reduce(cotangent, 0)
    return input_gradient, kernel_gradient, bias_gradient


def _finish(y: np.ndarray, bias: np.ndarray | None, activation: str) -> np.ndarray:
    """Bias and activation, in place."""
    if bias is not None:
        np.add(y, bias, out=y)
    if activation == "relu":
        np.maximum(y, 0, out=y)
    return y


def _product(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    rows, terms = x1.shape
    columns = x2.shape[1]
    if rows * terms * columns < 2 * PIECE_OPERATIONS:
        return np.dot(x1, x2)
    if terms > 4 * max(rows, columns):
        return _sum_of_products(x1, x2)
    y = np.empty((rows, columns), x1.dtype)

    def some_rows(_: int, start: int, stop: int) -> None:
        np.matmul(x1[start:stop], x2, out=y[start:stop])

    def some_columns(_: int, start: int, stop: int) -> None:
        np.matmul(x1, x2[:, start:stop], out=y[:, start:stop])

    task, longer, shorter = (
        (some_rows, rows, columns) if rows >= columns else (some_columns, columns, rows)
    )
    for_pieces(task, cut(longer, 1 + PIECE_OPERATIONS // max(1, terms * shorter)))
    return y


def _sum_of_products(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """The product of long rows with long columns: each piece is a part of the sums."""
    rows, terms = x1.shape
    columns = x2.shape[1]
    bounds = cut(terms, 1 + PIECE_OPERATIONS // max(1, rows * columns))
    sums = np.empty((len(bounds) - 1, rows, columns), x1.dtype)

    def task(piece: int, start: int, stop: int) -> None:
        np.matmul(x1[:, start:stop], x2[start:stop], out=sums[piece])

    for_pieces(task, bounds)
    return sums.sum(0)
