"""Max and average pooling in two dimensions, and their gradients, as loops over windows.

For each window the pixels inside the image are read in row order, with an inner loop along the
channels, which the compiler turns into vector instructions. Threads take whole images. One spatial
dimension is treated as two. NumPy's functions do the rest: three dimensions, other types than
float32 and float64, and large windows that overlap. Windows of 2 × 2 are in `max_pool_2x2.py`.
"""

from __future__ import annotations

from math import prod

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, contiguous, part, same_float
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numba.max_pool_2x2 import max_pool_2x2, max_pool_2x2_gradient
from minicnn.backend.numpy import pool as definition
from minicnn.common.sliding_windows import Padding, Sizes, output_size

PIECE_ELEMENTS = 30_000  # least number of reads in a piece of work
MOST_READS = 64  # of each element; with more, pooling axis by axis as NumPy's is faster
WINDOW_2X2 = (2, 2, 2, 2, 0, 0)  # see `_window`


def max_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The largest element of each window; see `backend/numpy/pool.py`."""
    if not _compiles(pool_size, strides, x):
        return definition.max_pool(x, pool_size, strides, padding)
    x, window = _two_dimensional(x), _window(pool_size, strides, padding)
    if _is_2x2(window, padding):
        return max_pool_2x2(x)[0]
    y = _empty_output(x, pool_size, strides, padding)
    _each_image(_max_pool, x, y, window)
    return y if len(pool_size) == 2 else y[:, 0]


def max_pool_gather(
    t: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """The element of `t` at each window's argmax in `x`; see `backend/numpy/pool.py`."""
    if not _compiles(pool_size, strides, t, x):
        return definition.max_pool_gather(t, x, pool_size, strides, padding)
    x, t, window = _two_dimensional(x), _two_dimensional(t), _window(pool_size, strides, padding)
    y = _empty_output(x, pool_size, strides, padding)
    _each_image(_max_pool_gather, x, y, t, window)
    return y if len(pool_size) == 2 else y[:, 0]


def max_pool_gradient(
    cotangent: np.ndarray, x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `max_pool(x)`; see `backend/numpy/pool.py`."""
    if not _compiles(pool_size, strides, cotangent, x):
        return definition.max_pool_gradient(cotangent, x, pool_size, strides, padding)
    window = _window(pool_size, strides, padding)
    if _is_2x2(window, padding):
        _, argmax = max_pool_2x2(x)
        return max_pool_2x2_gradient(cotangent, argmax, x.shape[1:3])
    gradient = np.zeros(x.shape, x.dtype)
    arrays = [_two_dimensional(array) for array in (x, cotangent, gradient)]
    _each_image(_max_pool_gradient, *arrays, window)
    return gradient


def average_pool(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The mean of each window; see `backend/numpy/pool.py`."""
    if not _compiles(pool_size, strides, x):
        return definition.average_pool(x, pool_size, strides, padding)
    x, window = _two_dimensional(x), _window(pool_size, strides, padding)
    y = _empty_output(x, pool_size, strides, padding)
    _each_image(_average_pool, x, y, window)
    return y if len(pool_size) == 2 else y[:, 0]


def average_pool_gradient(
    cotangent: np.ndarray, input_shape: Sizes, pool_size: Sizes, strides: Sizes, padding: Padding
) -> np.ndarray:
    """Cotangent of the input of `average_pool`; see `backend/numpy/pool.py`."""
    if not _compiles(pool_size, strides, cotangent):
        return definition.average_pool_gradient(cotangent, input_shape, pool_size, strides, padding)
    gradient = np.zeros(input_shape, cotangent.dtype)
    arrays = [_two_dimensional(array) for array in (gradient, cotangent)]
    _each_image(_average_pool_gradient, *arrays, _window(pool_size, strides, padding))
    return gradient


def _compiles(pool_size: Sizes, strides: Sizes, *arrays: np.ndarray) -> bool:
    """Whether the arrays have a compiled type, and no element is in too many windows."""
    if not same_float(*arrays) or arrays[0].ndim not in (3, 4):
        return False
    return len(pool_size) == 1 or prod(pool_size) <= MOST_READS * prod(strides)


def _two_dimensional(x: np.ndarray) -> np.ndarray:
    """`x` as a contiguous array `(batch, height, width, channels)`."""
    (x,) = contiguous(x)
    return x if x.ndim == 4 else x[:, None]


def _window(pool_size: Sizes, strides: Sizes, padding: Padding) -> tuple[int, ...]:
    """Height, width, stride down, stride across, padding at the top and at the left."""
    before = tuple(first for first, _ in padding)
    if len(pool_size) == 1:
        return (1, *pool_size, 1, *strides, 0, *before)
    return (*pool_size, *strides, *before)


def _is_2x2(window: tuple[int, ...], padding: Padding) -> bool:
    """Whether the windows are 2 × 2 with strides 2 and no padding."""
    return window == WINDOW_2X2 and not any(map(any, padding))


def _empty_output(x: np.ndarray, pool_size: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    spatial = x.shape[3 - len(pool_size) : 3]
    size = output_size(spatial, pool_size, strides, padding, (1,) * len(pool_size))
    return np.empty((len(x), *(1,) * (2 - len(size)), *size, x.shape[-1]), x.dtype)


def _each_image(kernel, x: np.ndarray, *arguments) -> None:
    smallest = 1 + PIECE_ELEMENTS // max(1, x[:1].size)
    for_chunks(kernel, len(x), x, *arguments, smallest=smallest)


@compiled
def _max_pool(first, last, x, y, window):
    down, across, stride_down, stride_across, top, left = window
    _, height, width, channels = x.shape
    for image in range(first, last):
        for line in range(y.shape[1]):
            for position in range(y.shape[2]):
                row, column = line * stride_down - top, position * stride_across - left
                largest = y[image, line, position]
                for c in range(channels):
                    largest[c] = -np.inf
                for i in range(max(row, 0), min(row + down, height)):
                    for j in range(max(column, 0), min(column + across, width)):
                        values = x[image, i, j]
                        for c in range(channels):
                            better = _is_larger(values[c], largest[c])
                            largest[c] = values[c] if better else largest[c]


@compiled
def _max_pool_gather(first, last, x, y, t, window):
    _, height, width, channels = x.shape
    largest, argmax = np.empty(channels, x.dtype), np.empty(channels, np.int32)
    for image in range(first, last):
        pixels = t[image].reshape(height * width, channels)
        for line in range(y.shape[1]):
            for position in range(y.shape[2]):
                _find_argmax(x[image], line, position, window, largest, argmax)
                target = y[image, line, position]
                for c in range(channels):
                    target[c] = pixels[argmax[c], c]


@compiled
def _max_pool_gradient(first, last, x, cotangent, gradient, window):
    _, height, width, channels = x.shape
    largest, argmax = np.empty(channels, x.dtype), np.empty(channels, np.int32)
    for image in range(first, last):
        pixels = gradient[image].reshape(height * width, channels)
        for line in range(cotangent.shape[1]):
            for position in range(cotangent.shape[2]):
                _find_argmax(x[image], line, position, window, largest, argmax)
                source = cotangent[image, line, position]
                for c in range(channels):
                    pixels[argmax[c], c] += source[c]


@part
def _find_argmax(image, line, position, window, largest, argmax):
    """Writes a window's maximum and the number of its pixel in the image, for each channel."""
    down, across, stride_down, stride_across, top, left = window
    height, width, channels = image.shape
    row, column = line * stride_down - top, position * stride_across - left
    for c in range(channels):
        largest[c] = -np.inf
        argmax[c] = max(row, 0) * width + max(column, 0)
    for i in range(max(row, 0), min(row + down, height)):
        for j in range(max(column, 0), min(column + across, width)):
            values = image[i, j]
            pixel = np.int32(i * width + j)
            for c in range(channels):
                better = _is_larger(values[c], largest[c])
                argmax[c] = pixel if better else argmax[c]
                largest[c] = values[c] if better else largest[c]


@part
def _is_larger(value, largest):
    """Whether `value` is larger; NaN counts as larger than any number."""
    return (value > largest) | (value != value)


@compiled
def _average_pool(first, last, x, y, window):
    down, across, stride_down, stride_across, top, left = window
    _, height, width, channels = x.shape
    for image in range(first, last):
        for line in range(y.shape[1]):
            for position in range(y.shape[2]):
                row, column = line * stride_down - top, position * stride_across - left
                mean = y[image, line, position]
                for c in range(channels):
                    mean[c] = 0
                count = 0
                for i in range(max(row, 0), min(row + down, height)):
                    for j in range(max(column, 0), min(column + across, width)):
                        count += 1
                        values = x[image, i, j]
                        for c in range(channels):
                            mean[c] += values[c]
                for c in range(channels):
                    mean[c] /= max(count, 1)


@compiled
def _average_pool_gradient(first, last, gradient, cotangent, window):
    down, across, stride_down, stride_across, top, left = window
    _, height, width, channels = gradient.shape
    for image in range(first, last):
        for line in range(cotangent.shape[1]):
            for position in range(cotangent.shape[2]):
                row, column = line * stride_down - top, position * stride_across - left
                top_row, bottom_row = max(row, 0), min(row + down, height)
                left_column, right_column = max(column, 0), min(column + across, width)
                count = (bottom_row - top_row) * (right_column - left_column)
                share = cotangent[image, line, position]
                for i in range(top_row, bottom_row):
                    for j in range(left_column, right_column):
                        target = gradient[image, i, j]
                        for c in range(channels):
                            target[c] += share[c] / count
