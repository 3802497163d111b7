"""Cross-entropy from logits and its gradient, without overflow and without log(0)."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numpy.softmax import log_softmax, softmax


def sparse_softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`-log softmax(logits)[label]` for each row: logits `(..., classes)`, labels `(...)` integers.

    The labels must lie in `0 ... classes - 1`; the op checks them.
    """
    return -np.take_along_axis(log_softmax(logits), labels[..., None], -1)[..., 0]


def sparse_softmax_cross_entropy_gradient(
    cotangent: np.ndarray, logits: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Cotangent of the logits: `(softmax(logits) - one_hot(label)) · cotangent`, row by row."""
    gradient = softmax(logits)
    picked = np.take_along_axis(gradient, labels[..., None], -1)
    np.put_along_axis(gradient, labels[..., None], picked - 1, -1)
    return gradient * cotangent[..., None]
