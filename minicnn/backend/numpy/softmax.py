"""Softmax, its logarithm and their gradients, and the logarithm of a sum of exponentials.

The largest number is subtracted before `exp`, so nothing overflows. As in `activations.py`, the
functions also take complex numbers, compared by their real part.
"""

from __future__ import annotations

import numpy as np

Axis = int | tuple[int, ...] | None


def softmax(x: np.ndarray, axis: Axis = -1) -> np.ndarray:
    """`exp(x) / Σ exp(x)` along `axis` (one axis or several)."""
    exponentials = np.exp(x - _shift(x, axis))
    return exponentials / exponentials.sum(axis, keepdims=True)


def softmax_gradient(cotangent: np.ndarray, y: np.ndarray, axis: Axis = -1) -> np.ndarray:
    """Cotangent of the input of `y = softmax(x)`: `y · (cotangent - Σ cotangent · y)`."""
    return y * (cotangent - (cotangent * y).sum(axis, keepdims=True))


def log_softmax(x: np.ndarray, axis: Axis = -1) -> np.ndarray:
    """`x - log Σ exp(x)` along `axis`; more exact than the logarithm of a rounded softmax."""
    shifted = x - _shift(x, axis)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def log_softmax_gradient(cotangent: np.ndarray, y: np.ndarray, axis: Axis = -1) -> np.ndarray:
    """Cotangent of the input of `y = log_softmax(x)`: `cotangent - exp(y) · Σ cotangent`."""
    return cotangent - np.exp(y) * cotangent.sum(axis, keepdims=True)


def logsumexp(x: np.ndarray, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """`log Σ exp(x)` along `axis`."""
    shift = _shift(x, axis)
    with np.errstate(divide="ignore"):  # where all x are -inf, the result is -inf
        total = np.log(np.exp(x - shift).sum(axis, keepdims=True)) + shift
    return total if keepdims else total.squeeze(axis)


def _shift(x: np.ndarray, axis: Axis) -> np.ndarray:
    """The largest real part along `axis`, or 0 where that is infinite."""
    largest = x.real.max(axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, 0)
