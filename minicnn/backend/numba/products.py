"""Matrix products, and the dense layer with its gradients, on several threads.

The matrix library inside NumPy (BLAS) computes each product on one thread (see
`machine/threads.py`). A large product is cut into smaller products, which the threads share:

    tall result             wide result              long sums
    [ A₀ ]       [ A₀·B ]                                       [ B₀ ]
    [ A₁ ] · B = [ A₁·B ]   A · [B₀ B₁] = [A·B₀ A·B₁]   [A₀ A₁] · [ B₁ ] = A₀·B₀ + A₁·B₁

The cut depends on the size only, so the result does not depend on the number of threads. Small
products are given to the library uncut: for them a call from Python takes longer than to multiply.
Dense layers of a small batch have compiled functions of their own (`dense.py`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from minicnn.backend.numba import dense
from minicnn.backend.numba.activations import CEILINGS, relu6_gradient
from minicnn.backend.numba.compiler.compile import compiled, contiguous, same_float
from minicnn.backend.numba.machine.threads import cut, for_pieces
from minicnn.backend.numpy import fused_layers as definition
from minicnn.backend.numpy.fused_layers import Gradients

PIECE_OPERATIONS = 3_000_000  # least number of multiplications in a piece of work
PIECE_ELEMENTS = 100_000  # the same for elements of relu's gradient
BLOCK_BYTES = 256 * 1024  # of a result that is still in the cache when bias and relu are applied
MOST_PIECES = 8  # more would cost time: for each the library copies the whole other factor
SHORTEST = 64  # length of a cut side at which the library still has its full speed
GRAIN = 16  # rows or columns that the library computes together

Part = tuple[np.ndarray, np.ndarray, np.ndarray]  # two factors, and the array for their product


def matmul(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """`x1 @ x2`, as NumPy's."""
    if x1.ndim != 2 or x2.ndim != 2 or not same_float(x1, x2) or x1.shape[1] != x2.shape[0]:
        return np.matmul(x1, x2)
    return _products((x1, x2))[0]


def dense_layer(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, activation: str
) -> np.ndarray:
    """`activation(x · kernel + bias)`; see `backend/numpy/fused_layers.py`."""
    if not same_float(x, kernel) or (bias is not None and bias.dtype != x.dtype):
        return definition.dense_layer(x, kernel, bias, activation)
    ending = activation != "linear", x.dtype.type(CEILINGS[activation])
    rows, terms = x.shape
    units = kernel.shape[1]
    bias = np.zeros(units, x.dtype) if bias is None else contiguous(bias)[0]
    if dense.fits(x, kernel):
        return dense.layer(x, kernel, bias, ending)
    if rows < units or rows * terms * units < 2 * PIECE_OPERATIONS:
        y = _products((x, kernel))[0]
        _add_bias(y, bias, ending)
        return y
    y = np.empty((rows, units), x.dtype)
    block = max(1, BLOCK_BYTES // max(1, units * x.itemsize))

    def task(_: int, start: int, stop: int) -> None:
        for first in range(start, stop, block):
            some = slice(first, min(first + block, stop))
            np.matmul(x[some], kernel, out=y[some])
            _add_bias(y[some], bias, ending)

    for_pieces(task, _cut(rows, terms * units))
    return y


def dense_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray | None,
    activation: str,
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias (None where not needed).

    See `backend/numpy/fused_layers.py`. With "linear", `y` is not read and may be None. The threads
    compute both products at the same time.
    """
    if activation == "relu6":
        cotangent, activation = relu6_gradient(cotangent, y), "linear"
    relu = activation == "relu"
    arrays = (cotangent, x, kernel, y) if relu else (cotangent, x, kernel)
    if not same_float(*arrays):
        return definition.dense_layer_gradients(cotangent, x, kernel, y, activation, input_needed)
    cotangent, bias_gradient = _activation_gradient(cotangent, y, relu)
    if dense.fits(x, kernel):
        return (
            dense.input_gradient(cotangent, kernel) if input_needed else None,
            dense.kernel_gradient(x, cotangent) if kernel_needed else None,
            bias_gradient if kernel_needed else None,
        )
    pairs = []
    if kernel_needed:
        pairs.append((x.T, cotangent))
    if input_needed:
        pairs.append((cotangent, kernel.T))
    gradients = _products(*pairs)
    return (
        gradients[-1] if input_needed else None,
        gradients[0] if kernel_needed else None,
        bias_gradient if kernel_needed else None,
    )


def _activation_gradient(
    cotangent: np.ndarray, y: np.ndarray | None, relu: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The cotangent of the activation's input, and its sum over the rows."""
    cotangent, y = contiguous(cotangent, y if relu else cotangent)
    result = np.empty_like(cotangent) if relu else cotangent
    rows, units = cotangent.shape
    if cotangent.size < 2 * PIECE_ELEMENTS:
        total = np.zeros(units, cotangent.dtype)
        _relu_gradient_and_sum(0, rows, cotangent, y, result, total, relu)
        return result, total
    bounds = cut(rows, 1 + PIECE_ELEMENTS // max(1, units))
    totals = np.zeros((len(bounds) - 1, units), cotangent.dtype)

    def task(piece: int, start: int, stop: int) -> None:
        _relu_gradient_and_sum(start, stop, cotangent, y, result, totals[piece], relu)

    for_pieces(task, bounds)
    return result, totals.sum(0)


def _products(*pairs: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """The product of each pair of matrices; the threads compute all of them at the same time."""
    if sum(a.shape[0] * a.shape[1] * b.shape[1] for a, b in pairs) < 2 * PIECE_OPERATIONS:
        return [np.dot(a, b) for a, b in pairs]
    results, parts = [], []
    for a, b in pairs:
        result, its_parts = _parts(a, b)
        results.append(result)
        parts += its_parts
    for_pieces(
        lambda _, start, stop: [np.matmul(a, b, out=out) for a, b, out in parts[start:stop]],
        np.arange(len(parts) + 1),
    )
    return [result.sum(0) if result.ndim == 3 else result for result in results]


def _parts(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, list[Part]]:
    """An empty array for `a @ b`, and the smaller products that fill it.

    If `a @ b` is their sum, the array has three dimensions, to be summed over the first.
    """
    rows, terms = a.shape
    columns = b.shape[1]
    if terms > 4 * max(rows, columns):
        spans = _spans(terms, rows * columns)
        sums = np.empty((len(spans), rows, columns), a.dtype)
        return sums, [(a[:, s], b[s], out) for s, out in zip(spans, sums, strict=True)]
    result = np.empty((rows, columns), a.dtype)
    if rows >= columns:
        return result, [(a[s], b, result[s]) for s in _spans(rows, terms * columns)]
    return result, [(a, b[:, s], result[:, s]) for s in _spans(columns, terms * rows)]


def _spans(length: int, operations: int) -> list[slice]:
    bounds = _cut(length, operations).tolist()
    return [slice(*pair) for pair in pairwise(bounds)]


def _cut(length: int, operations: int) -> np.ndarray:
    """The bounds of pieces of a side, each element of which takes so many multiplications.

    There are 1, 2, 4 or 8 pieces, so that 2 or 4 threads get the same number.
    """
    smallest = max(SHORTEST, 1 + PIECE_OPERATIONS // max(1, operations))
    pieces = 1
    while pieces < MOST_PIECES and 2 * pieces * smallest <= length:
        pieces *= 2
    return np.minimum(cut(-(-length // GRAIN), 1, pieces) * GRAIN, length)


@compiled
def _add_bias(y, bias, ending):
    """Adds the bias to each row and applies the activation (see `activations.py`)."""
    rectify, ceiling = ending
    zero = y.dtype.type(0)
    for i in range(len(y)):
        row = y[i]
        for j in range(len(bias)):
            value = row[j] + bias[j]
            value = ceiling if value > ceiling else value
            row[j] = zero if rectify and value < 0 else value


@compiled
def _relu_gradient_and_sum(start, stop, cotangent, y, result, total, relu):
    """Writes relu's gradient to `result` (if `relu`), and adds its sum over the rows to `total`."""
    zero = cotangent.dtype.type(0)
    for i in range(start, stop):
        source, sign, target = cotangent[i], y[i], result[i]
        for j in range(len(total)):
            value = source[j]
            if relu:
                value = value if sign[j] > 0 else zero
                target[j] = value
            total[j] += value
