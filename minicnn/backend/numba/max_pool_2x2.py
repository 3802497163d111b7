"""Max pooling over windows of 2 × 2 with strides 2, the most frequent case, and its gradient.

    a b   The four pixels of a window are read together, eight channels at a time. Three
    c d   comparisons in registers give the maximum and its argmax, 0 to 3 for a to d. The argmax
          is stored, one byte for each element of the result. The gradient then needs no input: it
          writes the cotangent to the pixel whose number is the argmax, and zeros to the others.

If the channels are not a multiple of eight, the last vector overlaps the one before it, and the
same values are written twice. Fewer than eight channels, and float64, are computed number by
number.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, contiguous, part, same_float
from minicnn.backend.numba.machine.simd import (
    WIDTH,
    address_of,
    larger,
    load,
    load_bytes,
    splat,
    store,
    store_bytes,
    where_beats,
    where_equal,
    zero,
)
from minicnn.backend.numba.machine.threads import for_chunks
from minicnn.backend.numpy import pool as definition
from minicnn.common.sliding_windows import Sizes

PIECE_ELEMENTS = 120_000  # least number of inputs in a piece of work
ONE, TWO, THREE = np.float32(1), np.float32(2), np.float32(3)


def max_pool_2x2(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maximum of each window and its argmax; see `backend/numpy/pool.py`."""
    if not same_float(x):
        return definition.max_pool_2x2(x)
    (x,) = contiguous(x)
    batch, height, width, channels = x.shape
    y = np.empty((batch, height // 2, width // 2, channels), x.dtype)
    argmax = np.empty(y.shape, np.uint8)
    kernel = _max_pool if _fits_vectors(x) else _max_pool_per_element
    _each_image(kernel, 4 * y[:1].size, x, y, argmax)
    return y, argmax


def max_pool_2x2_gradient(cotangent: np.ndarray, argmax: np.ndarray, size: Sizes) -> np.ndarray:
    """Cotangent of the input of `max_pool_2x2`; see `backend/numpy/pool.py`."""
    if not same_float(cotangent):
        return definition.max_pool_2x2_gradient(cotangent, argmax, size)
    cotangent, argmax = contiguous(cotangent, argmax)
    height, width = size
    new = np.zeros if height % 2 or width % 2 else np.empty
    gradient = new((len(cotangent), height, width, cotangent.shape[3]), cotangent.dtype)
    kernel = _max_pool_gradient if _fits_vectors(cotangent) else _max_pool_gradient_per_element
    _each_image(kernel, 4 * cotangent[:1].size, cotangent, argmax, gradient)
    return gradient


def _fits_vectors(x: np.ndarray) -> bool:
    return x.dtype == np.float32 and x.shape[3] >= WIDTH


def _each_image(kernel: Callable, elements: int, *arrays: np.ndarray) -> None:
    smallest = 1 + PIECE_ELEMENTS // max(1, elements)
    for_chunks(kernel, len(arrays[0]), *arrays, smallest=smallest)


@compiled
def _max_pool(first, last, x, y, argmax):
    _, height, width, channels = x.shape
    _, lines, positions, _ = y.shape
    pixel, row = 4 * channels, 4 * width * channels
    for image in range(first, last):
        for line in range(lines):
            source = address_of(x) + (image * height + 2 * line) * row
            place = (image * lines + line) * positions * channels
            for _ in range(positions):
                for first_channel in range(0, channels, WIDTH):
                    channel = min(first_channel, channels - WIDTH)
                    window = source + 4 * channel
                    store_largest(
                        address_of(y) + 4 * (place + channel),
                        address_of(argmax) + place + channel,
                        load(window),
                        load(window + pixel),
                        load(window + row),
                        load(window + row + pixel),
                    )
                source += 2 * pixel
                place += channels


@part
def store_largest(target, argmax, a, b, c, d):
    """Writes the maximum of a window's four pixels to `target`, its argmax as a byte to `argmax`.

    Both are addresses; with `argmax` 0 the argmax is not computed.
    """
    if argmax == 0:
        store(target, larger(larger(a, b), larger(c, d)))
        return
    largest, number = _better(a, zero(), b, splat(ONE))
    largest, number = _better(largest, number, c, splat(TWO))
    largest, number = _better(largest, number, d, splat(THREE))
    store(target, largest)
    store_bytes(argmax, number)


@part
def _better(largest, number, value, tap):
    """The larger of `largest` and `value`, and its number in the window."""
    number = where_beats(value, largest, tap, number)
    return where_beats(value, largest, value, largest), number


@compiled
def _max_pool_gradient(first, last, cotangent, argmax, gradient):
    _, height, width, channels = gradient.shape
    _, lines, positions, _ = cotangent.shape
    one, two, three = splat(ONE), splat(TWO), splat(THREE)
    pixel, row = 4 * channels, 4 * width * channels
    for image in range(first, last):
        for line in range(lines):
            target = address_of(gradient) + (image * height + 2 * line) * row
            place = (image * lines + line) * positions * channels
            for _ in range(positions):
                for first_channel in range(0, channels, WIDTH):
                    channel = min(first_channel, channels - WIDTH)
                    window = target + 4 * channel
                    value = load(address_of(cotangent) + 4 * (place + channel))
                    number = load_bytes(address_of(argmax) + place + channel)
                    store(window, where_equal(number, zero(), value))
                    store(window + pixel, where_equal(number, one, value))
                    store(window + row, where_equal(number, two, value))
                    store(window + row + pixel, where_equal(number, three, value))
                target += 2 * pixel
                place += channels


@compiled
def _max_pool_per_element(first, last, x, y, argmax):
    for image in range(first, last):
        for line in range(y.shape[1]):
            for position in range(y.shape[2]):
                for channel in range(y.shape[3]):
                    largest, number = x[image, 2 * line, 2 * position, channel], 0
                    for tap in range(1, 4):
                        i, j = 2 * line + tap // 2, 2 * position + tap % 2
                        value = x[image, i, j, channel]
                        if value > largest or (np.isnan(value) and not np.isnan(largest)):
                            largest, number = value, tap
                    y[image, line, position, channel] = largest
                    argmax[image, line, position, channel] = number


@compiled
def _max_pool_gradient_per_element(first, last, cotangent, argmax, gradient):
    for image in range(first, last):
        for line in range(cotangent.shape[1]):
            for position in range(cotangent.shape[2]):
                for channel in range(cotangent.shape[3]):
                    value = cotangent[image, line, position, channel]
                    number = argmax[image, line, position, channel]
                    for tap in range(4):
                        i, j = 2 * line + tap // 2, 2 * position + tap % 2
                        gradient[image, i, j, channel] = value if tap == number else 0
