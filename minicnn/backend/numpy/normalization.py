"""Means and variances for normalisation."""

from __future__ import annotations

import numpy as np


def moments(
    x: np.ndarray, axes: int | tuple[int, ...], keepdims: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance over `axes`: `μ = Σ x / n`, `σ² = Σ (x - μ)² / n`.

    Two passes, because `Σ x² / n - μ²` cancels. float16 is summed in float32.
    """
    wide = x.astype(np.result_type(x, np.float32), copy=False)
    mean = wide.mean(axes, keepdims=True)
    variance = ((wide - mean) ** 2).mean(axes, keepdims=keepdims)
    return mean.reshape(variance.shape).astype(x.dtype), variance.astype(x.dtype)
