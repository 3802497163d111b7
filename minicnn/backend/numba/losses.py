"""Cross-entropy from logits and its gradient, row by row on several threads.

For each row of logits one loop finds the largest, one sums the exponentials, and the loss follows
without an array of probabilities.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part, same_float
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import losses as definition

PIECE = 4096  # least number of exponentials in a piece of work


def sparse_softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`-log softmax(logits)[label]` for each row; see `backend/numpy/losses.py`."""
    if not same_float(logits):
        return definition.sparse_softmax_cross_entropy(logits, labels)
    rows, numbers, smallest = _rows(logits, labels)
    losses = np.empty(len(rows), logits.dtype)
    for_chunks(_cross_entropy, len(rows), rows, numbers, losses, smallest=smallest)
    return losses.reshape(labels.shape)


def sparse_softmax_cross_entropy_gradient(
    cotangent: np.ndarray, logits: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """`(softmax(logits) - one_hot(label)) · cotangent`; see `backend/numpy/losses.py`."""
    if not same_float(cotangent, logits):
        return definition.sparse_softmax_cross_entropy_gradient(cotangent, logits, labels)
    rows, numbers, smallest = _rows(logits, labels)
    gradient = np.empty(rows.shape, logits.dtype)
    factors = np.ascontiguousarray(cotangent).reshape(-1)
    for_chunks(_gradient, len(rows), rows, numbers, factors, gradient, smallest=smallest)
    return gradient.reshape(logits.shape)


def _rows(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """The logits as a matrix, the labels in one axis, and the least number of rows in a piece."""
    classes = logits.shape[-1]
    rows = np.ascontiguousarray(logits).reshape(-1, classes)
    return rows, labels.astype(np.int64).reshape(-1), 1 + PIECE // max(1, classes)


@compiled
def _cross_entropy(start, stop, logits, labels, losses):
    for i in range(start, stop):
        largest, total = _largest_and_total(logits[i])
        losses[i] = np.log(total) - (logits[i, labels[i]] - largest)


@compiled
def _gradient(start, stop, logits, labels, cotangent, gradient):
    for i in range(start, stop):
        largest, total = _largest_and_total(logits[i])
        for j in range(logits.shape[1]):
            probability = np.exp(logits[i, j] - largest) / total
            gradient[i, j] = (probability - (j == labels[i])) * cotangent[i]


@part
def _largest_and_total(row):
    """The largest logit (0 if that is infinite), and `Σ exp(logit - largest)`."""
    largest = row[0]
    for value in row:
        largest = max(largest, value)
    if not np.isfinite(largest):
        largest = row.dtype.type(0)
    total = row.dtype.type(0)
    for value in row:
        total += np.exp(value - largest)
    return largest, total
