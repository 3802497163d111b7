"""Means and variances of the channels of large images."""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.arithmetic import channel_sums, sum, sums_channels
from minicnn.backend.numba.compile import compiled
from minicnn.backend.numpy import normalization as definition


def moments(
    x: np.ndarray, axes: int | tuple[int, ...], keepdims: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance over `axes`; see `backend/numpy/normalization.py`."""
    if not sums_channels(x, axes):
        return definition.moments(x, axes, keepdims)
    count = x.dtype.type(x.size // x.shape[-1])
    mean = sum(x, tuple(range(x.ndim - 1))) / count
    variance = channel_sums(_sum_squares, x, mean) / count
    shape = (*(1,) * (x.ndim - 1), -1) if keepdims else (-1,)
    return mean.reshape(shape), variance.reshape(shape)


@compiled
def _sum_squares(start, stop, rows, total, mean):
    for i in range(start, stop):
        row = rows[i]
        for j in range(len(total)):
            total[j] += (row[j] - mean[j]) ** 2
