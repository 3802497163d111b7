"""Pooling over windows of any number of spatial dimensions, and its gradients.

Input `(batch, *spatial, channels)`, output `(batch, *positions, channels)`; `padding` is a pair
(before, after) for each spatial dimension. Padding never wins a maximum and never counts in an
average.
"""

from __future__ import annotations

from math import prod

import numpy as np

from minicnn.backend.numpy.conv import Padding, Sizes, col2im, im2col


def max_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The largest element of each window."""
    return max_pool_gather(x, x, pool_size, strides, padding)


def max_pool_gather(
    t: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """`t` read where each window of `x` has its maximum: the adjoint of `max_pool_gradient`.

    It is also the directional derivative of `max_pool` at `x` along `t`.
    """
    winners = _winners(x, pool_size, strides, padding)
    return np.take_along_axis(_windows(t, pool_size, strides, padding), winners, -2)[..., 0, :]


def max_pool_gradient(
    cotangent: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `max_pool(x)`: each window gives all of its cotangent to its
    maximum, the first one in row order if there are several.
    """
    winners = _winners(x, pool_size, strides, padding)
    taps = np.arange(prod(pool_size))[:, None]
    columns = np.where(winners == taps, cotangent[..., None, :], 0)
    columns = columns.reshape(*cotangent.shape[:-1], *pool_size, x.shape[-1])
    return col2im(columns, x.shape, pool_size, strides, padding, _ones(pool_size))


def max_pool_by_two(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest of each window of 2 × 2, and its number in the window (the first, 0 to 3)."""
    windows = _windows_by_two(x)
    winners = windows.argmax(-2)[..., None, :]
    largest = np.take_along_axis(windows, winners, -2)
    return largest[..., 0, :], winners[..., 0, :].astype(np.uint8)


def max_pool_by_two_gradient(cotangent: np.ndarray, winners: np.ndarray, size: Sizes) -> np.ndarray:
    """Cotangent of the input, whose height and width are `size`: each window's to its winner."""
    batch, height, width, channels = cotangent.shape
    taps = np.arange(4)[:, None]
    windows = np.where(winners[..., None, :] == taps, cotangent[..., None, :], 0)
    windows = windows.reshape(batch, height, width, 2, 2, channels).swapaxes(2, 3)
    gradient = np.zeros((batch, *size, channels), cotangent.dtype)
    gradient[:, : 2 * height, : 2 * width] = windows.reshape(batch, 2 * height, 2 * width, channels)
    return gradient


def average_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The mean of each window, over the elements that are not padding."""
    total = _windows(x, pool_size, strides, padding).sum(-2)
    return total / _counts(x.shape, pool_size, strides, padding).astype(x.real.dtype)


def average_pool_gradient(
    cotangent: np.ndarray, input_shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `average_pool`: shared equally by the elements of each window."""
    counts = _counts(input_shape, pool_size, strides, padding)
    share = cotangent / counts.astype(cotangent.real.dtype)
    share = share.reshape(*share.shape[:-1], *_ones(pool_size), share.shape[-1])
    columns = np.broadcast_to(share, (*cotangent.shape[:-1], *pool_size, cotangent.shape[-1]))
    return col2im(columns, input_shape, pool_size, strides, padding, _ones(pool_size))


def _windows(
    x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding, fill: float = 0
) -> np.ndarray:
    """Each window's elements in row order: `(batch, *positions, elements, channels)`."""
    columns = im2col(x, pool_size, strides, padding, _ones(pool_size), fill)
    outer = columns.shape[: x.ndim - 1]
    return columns.reshape(*outer, prod(pool_size), x.shape[-1])


def _winners(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """Number of the first largest element of each window: `(batch, *positions, 1, channels)`."""
    lowest = -np.inf if x.dtype.kind in "fc" else np.iinfo(x.dtype).min
    windows = _windows(x.real, pool_size, strides, padding, lowest)
    return windows.argmax(-2, keepdims=True)


def _windows_by_two(x: np.ndarray) -> np.ndarray:
    """`(batch, height // 2, width // 2, 4, channels)`."""
    batch, height, width, channels = x.shape
    height, width = height // 2, width // 2
    x = x[:, : 2 * height, : 2 * width].reshape(batch, height, 2, width, 2, channels)
    return x.swapaxes(2, 3).reshape(batch, height, width, 4, channels)


def _counts(input_shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """How many elements of each window are not padding: `(1, *positions, 1)`."""
    inside = np.ones((1, *input_shape[1:-1], 1), np.int64)
    return np.maximum(_windows(inside, pool_size, strides, padding).sum(-2), 1)


def _ones(pool_size: Sizes) -> Sizes:
    return (1,) * len(pool_size)
