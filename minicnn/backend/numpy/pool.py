"""Max and average pooling in any number of spatial dimensions, and their gradients.

    max_pool        y[n, p, c] = max  of x[n, i, c] over the window at p
    average_pool    y[n, p, c] = mean of x[n, i, c] over the window at p

The gradient of a maximum goes to the element that is the maximum (`max_pool_gradient`); that of a
mean is shared equally by the elements of the window (`average_pool_gradient`).

Input `(batch, *spatial, channels)`, output `(batch, *positions, channels)`; `padding` is a pair
(before, after) for each spatial dimension. Padding is never the maximum and is not part of a mean.
`argmax` is the place of the first maximum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minicnn.common.dtypes import is_inexact
from minicnn.common.sliding_windows import Padding, Sizes

Window = tuple[int, int, tuple[int, int]]  # along one axis: its length, stride and padding


def max_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The largest element of each window."""
    return max_pool_gather(x, x, pool_size, strides, padding)


def max_pool_gather(
    t: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """The element of `t` at the place of each window's maximum in `x`.

    It is the adjoint of `max_pool_gradient`, and the derivative of `max_pool` at `x` along `t`.
    """
    for axis, window in _last_axis_first(pool_size, strides, padding):
        argmax = _argmax(x, axis, window)
        x, t = (_read(array, argmax, axis, window) for array in (x, t))
    return t


def max_pool_gradient(
    cotangent: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `max_pool(x)`: each window's cotangent, added at its maximum.

    Of several equal maxima the first in row order gets all of it.
    """
    steps = []
    for axis, window in _last_axis_first(pool_size, strides, padding):
        argmax = _argmax(x, axis, window)
        steps.append((argmax, x.shape[axis], axis, window))
        x = _read(x, argmax, axis, window)
    for step in reversed(steps):
        cotangent = _add_at_argmax(cotangent, *step)
    return cotangent


def max_pool_2x2(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maximum of each window of 2 × 2 (strides 2), and its argmax, for images.

    The argmax is a byte, the number 0 to 3 of the first maximum in the window, in row order. An odd
    last row or column is left out.
    """
    windows = _windows_2x2(x)
    argmax = windows.argmax(-2)[..., None, :]
    largest = np.take_along_axis(windows, argmax, -2)
    return largest[..., 0, :], argmax[..., 0, :].astype(np.uint8)


def max_pool_2x2_gradient(cotangent: np.ndarray, argmax: np.ndarray, size: Sizes) -> np.ndarray:
    """Cotangent of the input of `max_pool_2x2`, whose height and width are `size`.

    The cotangent of each window stands at its argmax, with zeros at the other three pixels.
    """
    batch, height, width, channels = cotangent.shape
    taps = np.arange(4)[:, None]
    windows = np.where(argmax[..., None, :] == taps, cotangent[..., None, :], 0)
    windows = windows.reshape(batch, height, width, 2, 2, channels).swapaxes(2, 3)
    gradient = np.zeros((batch, *size, channels), cotangent.dtype)
    gradient[:, : 2 * height, : 2 * width] = windows.reshape(batch, 2 * height, 2 * width, channels)
    return gradient


def average_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The mean of each window, over the elements that are not padding."""
    counts = _counts(x.shape, pool_size, strides, padding).astype(x.real.dtype)
    for axis, window in _last_axis_first(pool_size, strides, padding):
        x = np.moveaxis(_windows(x, axis, window).sum(-1), 0, axis)
    return x / counts


def average_pool_gradient(
    cotangent: np.ndarray, input_shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `average_pool`: shared equally by the elements of each window."""
    counts = _counts(input_shape, pool_size, strides, padding)
    share = cotangent / counts.astype(cotangent.real.dtype)
    for axis, window in _last_axis_first(pool_size, strides, padding):
        share = _add_to_windows(share, input_shape[axis], axis, window)
    return share


def _last_axis_first(
    pool_size: Sizes, strides: Sizes, padding: Padding
) -> Iterator[tuple[int, Window]]:
    """Each spatial axis and the windows along it, the last axis first.

    The functions here pool along one axis after the other: the sum of a window is the sum of the
    sums of its rows, and its maximum is the maximum of its rows' maxima. So no array is much larger
    than the input.
    """
    return reversed(list(enumerate(zip(pool_size, strides, padding, strict=True), start=1)))


def _padded(x: np.ndarray, axis: int, window: Window, fill: float = 0) -> np.ndarray:
    """`x` with the axis moved to the front and padded with `fill`."""
    *_, padding = window
    x = np.moveaxis(x, axis, 0)
    return np.pad(x, [padding] + [(0, 0)] * (x.ndim - 1), constant_values=fill)


def _windows(x: np.ndarray, axis: int, window: Window, fill: float = 0) -> np.ndarray:
    """The windows along one axis: `(positions, *other axes, elements)`, a view of the padded x."""
    size, stride, _ = window
    return sliding_window_view(_padded(x, axis, window, fill), size, 0)[::stride]


def _argmax(x: np.ndarray, axis: int, window: Window) -> np.ndarray:
    """Index along the padded axis of the first maximum (or NaN) of each window."""
    lowest = -np.inf if is_inexact(x.dtype) else np.iinfo(x.dtype).min
    windows = _windows(x.real, axis, window, lowest)
    size, stride, padding = window
    # NumPy's argmax copies its input: take so many windows at once that the copy is as large as x.
    some = max(1, (x.shape[axis] + sum(padding)) // size)
    argmax = [windows[i : i + some].argmax(-1) for i in range(0, len(windows), some)]
    begins = np.arange(0, stride * len(windows), stride)
    return np.concatenate(argmax) + begins.reshape(-1, *(1,) * (x.ndim - 1))


def _read(x: np.ndarray, argmax: np.ndarray, axis: int, window: Window) -> np.ndarray:
    """The elements of `x` at the argmax."""
    return np.moveaxis(np.take_along_axis(_padded(x, axis, window), argmax, 0), 0, axis)


def _add_at_argmax(
    cotangent: np.ndarray, argmax: np.ndarray, length: int, axis: int, window: Window
) -> np.ndarray:
    """The adjoint of `_read` from an axis of the given length."""
    cotangent = np.moveaxis(cotangent, axis, 0)
    before, after = window[-1]
    padded = np.zeros((before + length + after, *cotangent.shape[1:]), cotangent.dtype)
    np.add.at(padded, (argmax, *np.indices(argmax.shape, sparse=True)[1:]), cotangent)
    return np.moveaxis(padded[before : before + length], 0, axis)


def _add_to_windows(share: np.ndarray, length: int, axis: int, window: Window) -> np.ndarray:
    """The adjoint of the windows' sums from an axis of the given length."""
    share = np.moveaxis(share, axis, 0)
    size, stride, (before, after) = window
    padded = np.zeros((before + length + after, *share.shape[1:]), share.dtype)
    if len(share) < size:
        for begin, row in zip(range(0, stride * len(share), stride), share, strict=True):
            padded[begin : begin + size] += row
    else:
        for tap in range(size):
            padded[tap : tap + (len(share) - 1) * stride + 1 : stride] += share
    return np.moveaxis(padded[before : before + length], 0, axis)


def _windows_2x2(x: np.ndarray) -> np.ndarray:
    """The windows of 2 × 2: `(batch, height // 2, width // 2, 4, channels)`."""
    batch, height, width, channels = x.shape
    height, width = height // 2, width // 2
    x = x[:, : 2 * height, : 2 * width].reshape(batch, height, 2, width, 2, channels)
    return x.swapaxes(2, 3).reshape(batch, height, width, 4, channels)


def _counts(input_shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """How many elements of each window are not padding: `(1, *positions, 1)`."""
    counts = np.ones((1, *input_shape[1:-1], 1), np.int64)
    for axis, window in _last_axis_first(pool_size, strides, padding):
        counts = np.moveaxis(_windows(counts, axis, window).sum(-1), 0, axis)
    return np.maximum(counts, 1)
