"""Copies one image's arrays to the layouts that direct convolution reads.

A padded image is the input with a border of zeros. A plane is a cotangent cut into panels of
sixteen filters, `(panels, height, width, 16)`, so that `add_products` finds the sixteen numbers
of one position beside those of the next:

    pixel 0: filters 0 … 31         panel 0: pixel 0: filters 0 … 15     panel 1: pixel 0: 16 … 31
    pixel 1: filters 0 … 31    →             pixel 1: filters 0 … 15              pixel 1: 16 … 31
       ⋮                                        ⋮                                    ⋮

A plane may have a border, too. The borders and the missing filters are zero from the beginning;
only the inside is written for each image.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    load,
    load_bytes,
    splat,
    store,
    where_equal,
    where_positive,
    zero,
)

PANEL = 16  # filters


def panels_of(filters: int) -> int:
    """How many panels hold so many filters."""
    return -(-filters // PANEL)


def kernel_panels(kernel: np.ndarray) -> np.ndarray:
    """The kernel `(taps, filters)` as `(panels, taps, 16)`, zero where there is no filter."""
    taps, filters = kernel.shape
    panels = panels_of(filters)
    filled = zero_padded(kernel, panels * PANEL)
    return np.ascontiguousarray(filled.reshape(taps, panels, PANEL).swapaxes(0, 1))


def zero_padded(x: np.ndarray, length: int) -> np.ndarray:
    """`x` with zeros at the end of its last axis, up to `length`."""
    if x.shape[-1] == length:
        return x
    wide = np.zeros((*x.shape[:-1], length), x.dtype)
    wide[..., : x.shape[-1]] = x
    return wide


@part
def padded_image(images, number, padded, inside):
    """The address of image `number`, which is copied to `padded` first if that is not empty.

    images `(batch, height, width · channels)`, padded `(height, width · channels)` with a border.
    """
    image = images[number]
    if padded.size == 0:
        return address_of(image)
    top, left = inside
    for row in range(image.shape[0]):
        source, target = image[row], padded[top + row, left:]
        for i in range(len(source)):
            target[i] = source[i]
    return address_of(padded)


@part
def fill_plane(cotangent, y, number, plane, inside, totals, relu):
    """Writes the cotangent of image `number` to a plane, and adds its sums to `totals`.

    With `relu` the cotangent is zero where `y`, which is read then, is not positive. Shapes:
    cotangent and y `(batch, height, width, filters)`, the filters a multiple of eight; totals
    `(panels · 16,)`.
    """
    _, height, width, filters = cotangent.shape
    plane_width, panel = plane.shape[2:]
    top, left = inside
    for eight in range(filters // WIDTH):
        source = address_of(cotangent[number]) + eight * BYTES
        result = address_of(y[number]) + eight * BYTES
        target = address_of(plane[eight // 2]) + eight % 2 * BYTES
        total = zero()
        for row in range(height):
            place = target + ((top + row) * plane_width + left) * panel * 4
            for _ in range(width):
                value = load(source)
                if relu:
                    value = where_positive(value, load(result))
                total = total + value
                store(place, value)
                source += filters * 4
                result += filters * 4
                place += panel * 4
        _add_to(totals, eight, total)


@part
def fill_plane_from_windows(cotangent, y, argmax, number, plane, inside, totals, relu):
    """The same with a pool: each window's cotangent is at its argmax, zeros at the other pixels."""
    _, height, width, filters = cotangent.shape
    plane_width, panel = plane.shape[2:]
    top, left = inside
    below = plane_width * panel * 4
    for eight in range(filters // WIDTH):
        source = address_of(cotangent[number]) + eight * BYTES
        result = address_of(y[number]) + eight * BYTES
        argmax_at = address_of(argmax[number]) + eight * WIDTH
        target = address_of(plane[eight // 2]) + eight % 2 * BYTES
        total = zero()
        for row in range(height):
            place = target + ((top + 2 * row) * plane_width + left) * panel * 4
            for _ in range(width):
                value, place_in_window = load(source), load_bytes(argmax_at)
                if relu:
                    value = where_positive(value, load(result))
                total = total + value
                store(place, where_equal(place_in_window, zero(), value))
                store(place + panel * 4, where_equal(place_in_window, _number(1), value))
                store(place + below, where_equal(place_in_window, _number(2), value))
                store(place + below + panel * 4, where_equal(place_in_window, _number(3), value))
                source += filters * 4
                result += filters * 4
                argmax_at += filters
                place += 2 * panel * 4
        _add_to(totals, eight, total)


@part
def _number(value):
    return splat(np.float32(value))


@part
def _add_to(totals, eight, total):
    place = address_of(totals) + eight * BYTES
    store(place, load(place) + total)
