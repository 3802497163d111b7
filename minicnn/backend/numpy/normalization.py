"""Means, variances and lengths for normalisation."""

from __future__ import annotations

import numpy as np


def moments(
    x: np.ndarray, axes: int | tuple[int, ...], keepdims: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance over `axes`: `μ = Σ x / n`, `σ² = Σ (x - μ)² / n`.

    μ is computed first, because `Σ x² / n - μ²` would cancel. float16 is summed in float32.
    """
    wide = x.astype(np.result_type(x, np.float32), copy=False)
    mean = wide.mean(axes, keepdims=True)
    variance = ((wide - mean) ** 2).mean(axes, keepdims=keepdims)
    return mean.reshape(variance.shape).astype(x.dtype), variance.astype(x.dtype)


def euclidean_length(
    x: np.ndarray, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> np.ndarray:
    """`√Σ x²` over `axis`.

    Where the squares overflow or underflow it is `s √Σ (x/s)²` with s the largest |x|. float16 is
    summed in float32.
    """
    wide = x.astype(np.result_type(x, np.float32), copy=False)
    length = np.sqrt(np.sum(wide * wide, axis, keepdims=True))
    if not np.all((length > 1e-15) & (length < np.inf)):
        scale = np.abs(wide).max(axis, keepdims=True, initial=0)
        scale = np.where((scale > 0) & (scale < np.inf), scale, 1)
        length = scale * np.sqrt(np.sum((wide / scale) ** 2, axis, keepdims=True))
    return (length if keepdims else length.squeeze(axis)).astype(x.dtype)
