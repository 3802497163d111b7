"""Reads and writes Winograd's tiles that are partly outside of their image.

Such a tile is copied to an array of its own, the "border". It has the size of a tile and, for each
pixel, the channels rounded up to whole vectors (the lanes):

    image                       border
    ┈┈┬─────────┬┈┈┈┐           ┌─────────┬───┐
      │ a  b  c │   ┊           │ a  b  c │ 0 │
      │ d  e  f │   ┊   ──►     │ d  e  f │ 0 │
    ┈┈┴─────────┘   ┊           ├─────────┘   │
      └┈┈┈┈┈┈┈┈┈┈┈┈┈┘           │ 0  0  0   0 │
                                └─────────────┘

The part of a tile's row that is inside the image is one run of numbers in memory. In the border it
is one run, too, if there are as many lanes as channels; else each pixel is a run.
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
    load_first,
    splat,
    store,
    store_first,
    where_equal,
    where_positive,
    zero,
)


@part
def pixel_at(x, image, top, left):
    """A pixel's address, and the bytes from row to row and from pixel to pixel."""
    _, height, width, channels = x.shape
    pixel = 4 * channels
    row = pixel * width
    return address_of(x) + (image * height + top) * row + left * pixel, row, pixel


@part
def read_border(x, mask, masked, image, top, left, border):
    """Copies a tile of x to `border`, with zeros outside of the image.

    With `masked` also zeros where `mask`, an array like x, is not positive.
    """
    size, _, lanes = border.shape
    source, row, pixel = pixel_at(x, image, top, left)
    to_mask = address_of(mask) - address_of(x)
    rows, columns = _part_inside(top, x.shape[1], size), _part_inside(left, x.shape[2], size)
    runs, length = _runs(columns, x.shape[3], lanes)
    if (rows[1] - rows[0]) * (columns[1] - columns[0]) < size * size:
        clear(address_of(border), border.size)
    for i in range(rows[0], rows[1]):
        at, target = source + i * row + columns[0] * pixel, _border_pixel(border, i, columns[0])
        for _ in range(runs):
            _copy(at, at + to_mask, masked, target, length)
            at, target = at + pixel, target + 4 * lanes


@part
def read_windows(cotangent, y, masked, argmax, image, top, left, border):
    """Writes to `border` each window's cotangent at its argmax, and zeros at its other pixels."""
    _, height, width, channels = y.shape
    windows = border.shape[0] // 2
    down, across = min(windows, height - top), min(windows, width - left)
    if down * across < windows * windows:
        clear(address_of(border), border.size)
    for i in range(down):
        for j in range(across):
            at = ((image * height + top + i) * width + left + j) * channels
            for c in range(0, channels, WIDTH):
                value = _load_up_to(address_of(cotangent) + 4 * (at + c), channels - c)
                if masked:
                    result = _load_up_to(address_of(y) + 4 * (at + c), channels - c)
                    value = where_positive(value, result)
                place = load_bytes(address_of(argmax) + at + c)
                for number in range(4):
                    pixel = _border_pixel(border, 2 * i + number // 2, 2 * j + number % 2)
                    chosen = where_equal(place, splat(np.float32(number)), value)
                    store(pixel + 4 * c, chosen)


@part
def write_border(border, y, image, top, left, add):
    """Writes the part of a tile that is inside of the image to y, or adds it."""
    size, _, lanes = border.shape
    start, row, pixel = pixel_at(y, image, top, left)
    rows, columns = _part_inside(top, y.shape[1], size), _part_inside(left, y.shape[2], size)
    runs, length = _runs(columns, y.shape[3], lanes)
    for i in range(rows[0], rows[1]):
        at, source = start + i * row + columns[0] * pixel, _border_pixel(border, i, columns[0])
        for _ in range(runs):
            _write(source, at, length, add)
            at, source = at + pixel, source + 4 * lanes


@part
def write_argmax(border, argmax, image, top, left):
    """Writes the part of a tile's argmax that is inside of the image to `argmax`."""
    _, height, width, channels = argmax.shape
    for i in range(min(border.shape[0], height - top)):
        for j in range(min(border.shape[1], width - left)):
            for c in range(channels):
                argmax[image, top + i, left + j, c] = border[i, j, c]


@part
def clear(address, count):
    """Writes `count` zeros."""
    for i in range(0, count, WIDTH):
        if i + WIDTH <= count:
            store(address + 4 * i, zero())
        else:
            store_first(address + 4 * i, zero(), count - i)


@part
def _part_inside(first, length, size):
    """The first of a tile's rows (or columns) inside the image, and the last one plus 1."""
    begin = max(0, -first)
    return begin, max(begin, min(size, length - first))


@part
def _runs(columns, channels, lanes):
    """The number of runs in a row of a tile, and their length."""
    count = columns[1] - columns[0]
    return (1, count * channels) if lanes == channels else (count, channels)


@part
def _copy(source, mask, masked, target, count):
    rest = count % WIDTH
    for at in range(0, 4 * (count - rest), BYTES):
        value = load(source + at)
        store(target + at, where_positive(value, load(mask + at)) if masked else value)
    if rest:
        at = 4 * (count - rest)
        value = load_first(source + at, rest)
        value = where_positive(value, load_first(mask + at, rest)) if masked else value
        store(target + at, value)


@part
def _write(source, target, count, add):
    rest = count % WIDTH
    for at in range(0, 4 * (count - rest), BYTES):
        value = load(source + at)
        store(target + at, value + load(target + at) if add else value)
    if rest:
        at = 4 * (count - rest)
        value = load(source + at)
        value = value + load_first(target + at, rest) if add else value
        store_first(target + at, value, rest)


@part
def _load_up_to(address, count):
    """The first `count` of eight numbers, and zeros."""
    return load(address) if count >= WIDTH else load_first(address, count)


@part
def _border_pixel(border, i, j):
    _, size, lanes = border.shape
    return address_of(border) + 4 * lanes * (i * size + j)
