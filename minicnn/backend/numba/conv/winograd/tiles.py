"""Reads tiles of images into Winograd's planes, and writes planes to tiles of images.

A tile is a square of neighbouring pixels with all their channels. Tiles of the output lie side by
side and cover it; those of the input, larger by two, overlap by two pixels:

    input, tiles of 6 × 6                output, tiles of 4 × 4
    ┌───────┬─┬─────┬─┄                  ┌─────┬─────┬─┄
    │       │ │     │                    │     │     │
    │   0   │ │  1  │                    │  0  │  1  │
    │       │ │     │                    ├─────┼─────┼─┄
    ├─ ─ ─ ─┼─┼─ ─ ─┼─┄                  │  3  │  4  │

Vectors of eight channels are read from the image itself and written to it. A tile that is partly
outside of its image goes through an array of its own (`border.py`), and so do all tiles if the
channels are not a multiple of eight.

Tiles are not read in the order of memory, so the processor does not load the next ones in advance.
With each tile, instructions (prefetch) load the tile below.
"""

from __future__ import annotations

from typing import NamedTuple

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.conv.winograd.border import (
    clear,
    pixel_at,
    read_border,
    read_windows,
    write_argmax,
    write_border,
)
from minicnn.backend.numba.conv.winograd.transforms import (
    transform_input,
    transform_input_adjoint,
    transform_output,
    transform_output_adjoint,
    transform_output_pooled,
)
from minicnn.backend.numba.machine.microkernels import COLUMNS, PANEL_BYTES
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    load,
    prefetch,
    splat,
    store,
)

LINE_BYTES = 64  # in a line of the cache


class Tiling(NamedTuple):
    """How tiles lie on an image."""

    down: int  # tiles
    across: int
    top: int  # padding
    left: int


@part
def read_tiles(points, tiling, first, last, x, planes, border, spare):
    """`V = Bᵀ d B` of the tiles from `first` to `last`: each tile is one row of every plane."""
    size = len(points)
    channels, lanes = x.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        top, left = line * (size - 2) - tiling.top, column * (size - 2) - tiling.left
        if _inside(x, top, left, border.shape[0]):
            source, row, pixel = pixel_at(x, image, top, left)
        else:
            read_border(x, x, False, image, top, left, border)
            source, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
        target = address_of(planes) + 4 * (tile - first) * lanes
        below = pixel_at(x, image, top + size, left)
        for c in range(0, 4 * channels, BYTES):
            _prefetch_tile(below, c, size - 2)
            transform_input(points, source + c, row, pixel, target + c, plane, spare)


@part
def add_tiles(points, tiling, first, last, planes, x, border, spare):
    """`X̄ += B V̄ Bᵀ`, the adjoint of `read_tiles`; an image is cleared before its first tile."""
    size = len(points)
    channels, lanes = x.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        if line == column == 0:
            clear(address_of(x) + 4 * image * x[0].size, x[0].size)
        top, left = line * (size - 2) - tiling.top, column * (size - 2) - tiling.left
        inside = _inside(x, top, left, border.shape[0])
        if inside:
            target, row, pixel = pixel_at(x, image, top, left)
        else:
            clear(address_of(border), border.size)
            target, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
        source = address_of(planes) + 4 * (tile - first) * lanes
        for c in range(0, 4 * channels, BYTES):
            transform_input_adjoint(points, source + c, plane, target + c, row, pixel, spare)
        if not inside:
            write_border(border, x, image, top, left, True)


@part
def write_tiles(
    points, tiling, first, last, planes, bias, limits, y, argmax, pooled, borders, spare
):
    """`Y = Aᵀ M A + bias` inside the limits, if `pooled` its maxima over 2 × 2, and their argmax.

    limits: the lowest and the highest Y. The argmax is not computed if `argmax` is empty.
    """
    border, argmax_border = borders
    size, filters, lanes = border.shape[0], y.shape[3], border.shape[2]
    with_argmax = argmax.size > 0
    plane, bounds = 4 * planes.shape[1], (splat(limits[0]), splat(limits[1]))
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        top, left = line * size, column * size
        inside = _inside(y, top, left, size)
        if inside:
            target, row, pixel = pixel_at(y, image, top, left)
            argmax_target = address_of(argmax) + (target - address_of(y)) // 4
        else:
            target, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
            argmax_target = address_of(argmax_border)
        source = address_of(planes) + 4 * (tile - first) * lanes
        below = pixel_at(y, image, top + size, left)
        for c in range(0, 4 * filters, BYTES):
            _prefetch_tile(below, c, size)
            b = load(address_of(bias) + c)
            if pooled:
                transform_output_pooled(
                    points,
                    source + c,
                    plane,
                    target + c,
                    argmax_target + c // 4 if with_argmax else 0,
                    row // 4,
                    pixel // 4,
                    b,
                    bounds,
                    spare,
                )
            else:
                transform_output(
                    points, source + c, plane, target + c, row, pixel, b, bounds, spare
                )
        if not inside:
            write_border(border, y, image, top, left, False)
            if with_argmax:
                write_argmax(argmax_border, argmax, image, top, left)


@part
def read_cotangent_tiles(
    points, tiling, first, last, cotangent, y, argmax, rectify, planes, bias, border, spare
):
    """`M̄ = A Ȳ Aᵀ` in panels, and the sum of Ȳ added to `bias`.

    Ȳ is the cotangent; with `rectify` zero where y is not positive, and with `argmax` at the argmax
    of each window. It is composed in the border, unless it is the cotangent itself. A panel has
    sixteen filters of all tiles of the block.
    """
    size, filters, lanes = border.shape[0], y.shape[3], border.shape[2]
    plane = 4 * planes.shape[1]
    rows = planes.shape[1] // lanes
    pooled, to_y = argmax.size > 0, address_of(y) - address_of(cotangent)
    for tile in range(first, last):
        image, line, column = _place(tile, tiling)
        step = size // 2 if pooled else size
        top, left = line * step, column * step
        source, row, pixel = pixel_at(cotangent, image, top, left)
        below = source + step * row, row, pixel
        in_place = not (pooled or rectify) and _inside(cotangent, top, left, size)
        if pooled:
            read_windows(cotangent, y, rectify, argmax, image, top, left, border)
        elif not in_place:
            read_border(cotangent, y, rectify, image, top, left, border)
        if not in_place:
            source, row, pixel = address_of(border), 4 * size * lanes, 4 * lanes
        for c in range(0, filters, WIDTH):
            _prefetch_tile(below, 4 * c, step)
            if rectify:
                _prefetch_tile(below, 4 * c + to_y, step)
            panel = address_of(planes) + (c // COLUMNS * rows + tile - first) * PANEL_BYTES
            total = transform_output_adjoint(
                points,
                source + 4 * c,
                row,
                pixel,
                panel + 4 * (c % COLUMNS),
                plane,
                spare,
            )
            at = address_of(bias) + 4 * c
            store(at, load(at) + total)


@part
def _place(tile, tiling):
    """The image of a tile, and its place in the rows and columns of tiles."""
    image, within = divmod(tile, tiling.down * tiling.across)
    line, column = divmod(within, tiling.across)
    return image, line, column


@part
def _inside(x, top, left, size):
    """Whether the tile is inside the image and the channels are whole vectors."""
    _, height, width, channels = x.shape
    rows_inside = top >= 0 and top + size <= height
    columns_inside = left >= 0 and left + size <= width
    return rows_inside and columns_inside and channels % WIDTH == 0


@part
def _prefetch_tile(tile, offset, size):
    """Prefetches the cache line at an offset in each pixel of a tile.

    A cache line has two vectors, so only every second offset does something.
    """
    address, row, pixel = tile
    if offset % LINE_BYTES < BYTES:
        for i in range(size):
            for j in range(size):
                prefetch(address + i * row + j * pixel + offset)
