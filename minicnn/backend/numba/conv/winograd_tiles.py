"""Tiles of images: read into Winograd's planes, and written back.

A tile is a square of neighbouring pixels with all their channels. Tiles of the output lie side by
side and cover it; those of the input, larger by two, overlap by two pixels:

    input, tiles of 6 × 6                output, tiles of 4 × 4
    ┌───────┬─┬─────┬─┄                  ┌─────┬─────┬─┄
    │       │ │     │                    │     │     │
    │   0   │ │  1  │                    │  0  │  1  │
    │       │ │     │                    ├─────┼─────┼─┄
    ├─ ─ ─ ─┼─┼─ ─ ─┼─┄                  │  3  │  4  │

Vectors of eight channels are read from the image itself, and written to it. Where a tile sticks out
of its image, or the channels are no multiple of eight, it goes through a square of its own, the
"border", which has as many lanes as vectors need.
"""

from __future__ import annotations

from typing import NamedTuple

from minicnn.backend.numba.compile import compiled
from minicnn.backend.numba.conv.microkernels import COLUMNS, PANEL_BYTES
from minicnn.backend.numba.conv.winograd_transforms import (
    transform_input,
    transform_input_back,
    transform_output,
    transform_output_back,
    transform_output_pooled,
)
from minicnn.backend.numba.simd import BYTES, WIDTH, address_of, load, splat, store


class Tiling(NamedTuple):
    """How tiles lie on an image."""

    down: int  # tiles
    across: int
    top: int  # padding
    left: int


@compiled
def read_tiles(points, tiling, first, last, x, planes, border, spare):
    """`V = Bᵀ d B` of the tiles from `first` to `last`, one row of each plane for a tile."""
    size = len(points)
    channels, lanes = x.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        top, left = line * (size - 2) - tiling.top, column * (size - 2) - tiling.left
        if _inside(x, top, left, size):
            source, row, pixel = _pixel(x, image, top, left)
        else:
            _read_border(x[image], top, left, border)
            source, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
        target = address_of(planes) + 4 * (tile - first) * lanes
        for c in range(0, 4 * channels, BYTES):
            transform_input(points, source + c, row, pixel, target + c, plane, spare)


@compiled
def add_tiles(points, tiling, first, last, planes, x, border, spare):
    """`X̄ += B V̄ Bᵀ`, the adjoint of `read_tiles`; an image is cleared before its first tile."""
    size = len(points)
    channels, lanes = x.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        if line == column == 0:
            x[image] = 0
        top, left = line * (size - 2) - tiling.top, column * (size - 2) - tiling.left
        inside = _inside(x, top, left, size)
        if inside:
            target, row, pixel = _pixel(x, image, top, left)
        else:
            border[:] = 0
            target, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
        source = address_of(planes) + 4 * (tile - first) * lanes
        for c in range(0, 4 * channels, BYTES):
            transform_input_back(points, source + c, plane, target + c, row, pixel, spare)
        if not inside:
            _add_border(border, x[image], top, left)


@compiled
def write_tiles(
    points, tiling, first, last, planes, bias, lowest, y, winners, border, winners_border, spare
):
    """`Y = max(Aᵀ M A + bias, lowest)`, and if there are winners, the largest of 2 × 2 each."""
    size, filters, lanes = border.shape[0], y.shape[3], border.shape[2]
    pooled = winners.size > 0
    plane, floor = 4 * planes.shape[1], splat(lowest)
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        top, left = line * size, column * size
        inside = _inside(y, top, left, size)
        if inside:
            target, row, pixel = _pixel(y, image, top, left)
            target_winners = address_of(winners) + (target - address_of(y)) // 4
        else:
            target, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
            target_winners = address_of(winners_border)
        source = address_of(planes) + 4 * (tile - first) * lanes
        for c in range(0, 4 * filters, BYTES):
            b = load(address_of(bias) + c)
            if pooled:
                transform_output_pooled(
                    points,
                    source + c,
                    plane,
                    target + c,
                    target_winners + c // 4,
                    row // 4,
                    pixel // 4,
                    b,
                    floor,
                    spare,
                )
            else:
                transform_output(points, source + c, plane, target + c, row, pixel, b, floor, spare)
        if not inside:
            _write_border(border, y[image], top, left)
            if pooled:
                _write_border(winners_border, winners[image], top, left)


@compiled
def read_cotangent_tiles(
    points, tiling, first, last, cotangent, y, winners, rectify, planes, bias, border, spare
):
    """`M̄ = A Ȳ Aᵀ` in panels, and the sum of Ȳ added to `bias`.

    Ȳ is put together in the border: the cotangent where y is positive (if `rectify`), at the winner
    of each window (if there are winners). A panel holds sixteen filters of all tiles of the block.
    """
    size, filters, lanes = border.shape[0], y.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    rows = planes.shape[1] // lanes
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        if winners.size > 0:
            _spread_windows(
                cotangent[image], y[image], winners[image], rectify, line, column, border
            )
        else:
            _read_border(cotangent[image], line * size, column * size, border)
            if rectify:
                _mask_border(y[image], line * size, column * size, border)
        for c in range(0, filters, WIDTH):
            panel = address_of(planes) + (c // COLUMNS * rows + tile - first) * PANEL_BYTES
            total = transform_output_back(
                points,
                address_of(border) + 4 * c,
                4 * size * lanes,
                4 * lanes,
                panel + 4 * (c % COLUMNS),
                plane,
                spare,
            )
            at = address_of(bias) + 4 * c
            store(at, load(at) + total)


@compiled
def _place(tile, tiling):
    """The image in which a tile is, and its place in the rows and columns of tiles."""
    image, within = divmod(tile, tiling.down * tiling.across)
    line, column = divmod(within, tiling.across)
    return image, line, column


@compiled
def _inside(x, top, left, size):
    """Whether whole vectors of a tile's pixels can be read from the image itself."""
    _, height, width, channels = x.shape
    rows_inside = top >= 0 and top + size <= height
    columns_inside = left >= 0 and left + size <= width
    return rows_inside and columns_inside and channels % WIDTH == 0


@compiled
def _pixel(x, image, top, left):
    """A pixel's address, and the bytes from row to row and from pixel to pixel."""
    _, height, width, channels = x.shape
    pixel = 4 * channels
    row = pixel * width
    return address_of(x) + (image * height + top) * row + left * pixel, row, pixel


@compiled
def _overlap(start, size, length):
    """The part of `range(size)` that falls into `range(length)` when it begins at `start`."""
    return max(0, -start), max(0, min(size, length - start))


@compiled
def _read_border(image, top, left, border):
    first_row, last_row = _overlap(top, border.shape[0], image.shape[0])
    first_column, last_column = _overlap(left, border.shape[1], image.shape[1])
    border[:] = 0
    for i in range(first_row, last_row):
        for j in range(first_column, last_column):
            source, target = image[top + i, left + j], border[i, j]
            for c in range(len(source)):
                target[c] = source[c]


@compiled
def _mask_border(image, top, left, border):
    first_row, last_row = _overlap(top, border.shape[0], image.shape[0])
    first_column, last_column = _overlap(left, border.shape[1], image.shape[1])
    for i in range(first_row, last_row):
        for j in range(first_column, last_column):
            y, target = image[top + i, left + j], border[i, j]
            for c in range(len(y)):
                target[c] = target[c] if y[c] > 0 else target.dtype.type(0)


@compiled
def _write_border(border, image, top, left):
    first_row, last_row = _overlap(top, border.shape[0], image.shape[0])
    first_column, last_column = _overlap(left, border.shape[1], image.shape[1])
    for i in range(first_row, last_row):
        for j in range(first_column, last_column):
            source, target = border[i, j], image[top + i, left + j]
            for c in range(len(target)):
                target[c] = source[c]


@compiled
def _add_border(border, image, top, left):
    first_row, last_row = _overlap(top, border.shape[0], image.shape[0])
    first_column, last_column = _overlap(left, border.shape[1], image.shape[1])
    for i in range(first_row, last_row):
        for j in range(first_column, last_column):
            source, target = border[i, j], image[top + i, left + j]
            for c in range(len(target)):
                target[c] += source[c]


@compiled
def _spread_windows(cotangent, y, winners, rectify, line, column, border):
    """The cotangent of each 2 × 2 pixels to the one that won, zero to the others."""
    height, width, _ = cotangent.shape
    windows = border.shape[0] // 2
    border[:] = 0
    for i in range(min(windows, height - line * windows)):
        for j in range(min(windows, width - column * windows)):
            at = line * windows + i, column * windows + j
            for k in range(4):
                target = border[2 * i + k // 2, 2 * j + k % 2]
                _take(cotangent[at], y[at], winners[at], rectify, k, target)


@compiled
def _take(cotangent, y, winners, rectify, number, target):
    zero = target.dtype.type(0)
    if rectify:
        for c in range(len(cotangent)):
            target[c] = cotangent[c] if (winners[c] == number) & (y[c] > 0) else zero
    else:
        for c in range(len(cotangent)):
            target[c] = cotangent[c] if winners[c] == number else zero
