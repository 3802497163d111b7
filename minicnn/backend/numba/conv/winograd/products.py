"""Winograd's matrix products: one for each place in a tile, for one block of tiles after another.

V, M and U are defined in `__init__.py`. Their layout in memory, for one plane p:

    V  `(tiles, channels)`             read six tiles at a time, or six channels at a time
    M  `(tiles, filters)`              as V, when the output is computed
    U  `(panels, channels, 16)`        panels of sixteen filters, as `add_products` reads them
    M̄  `(panels, tiles, 16)`           panels as well, for `Ū = Vᵀ · M̄`
    Ū  `(panels, channels, 16)`
    Uᵀ `(panels, filters, 16)`         panels of sixteen channels, for `V̄ = M̄ · Uᵀ`

Channels and filters are rounded up to multiples of sixteen, rows of tiles to multiples of six. The
numbers in the added places never get into a result, so they are not set to zero.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.conv.winograd.border import clear
from minicnn.backend.numba.conv.winograd.tiles import (
    add_tiles,
    read_cotangent_tiles,
    read_tiles,
    write_tiles,
)
from minicnn.backend.numba.conv.winograd.transforms import (
    transform_kernel,
    transform_kernel_adjoint,
)
from minicnn.backend.numba.machine.microkernels import (
    COLUMNS,
    PANEL_BYTES,
    ROWS,
    add_four_products_to_stored,
    add_products,
    add_products_to_stored,
    four_rows_from,
    no_sums,
    rows_from,
    store_sums,
)
from minicnn.backend.numba.machine.simd import WIDTH, address_of
from minicnn.backend.numba.machine.work_pieces import pieces

LINE = 16  # numbers in a line of the cache


@part
def filled(channels):
    """A number of channels or filters, rounded up to a multiple of sixteen (whole panels)."""
    return -(-channels // COLUMNS) * COLUMNS


@part
def plane_length(rows, columns):
    """The length of a plane in numbers: an odd number of cache lines.

    The planes of one tile are written together. At distances of a multiple of 4096 bytes they would
    use the same few lines of the cache and displace each other.
    """
    return (rows * columns // LINE | 1) * LINE


@part
def _place(c, f, channels):
    """The offset in bytes of a channel's filters, from number f on, in a plane of panels."""
    return 4 * ((f // COLUMNS * channels + c) * COLUMNS + f % COLUMNS)


@compiled
def pack(work, points, kernel, packed):
    """Transforms the kernel to panels, for the channels of the taken pieces."""
    spare = np.empty((len(points) ** 2, WIDTH), np.float32)
    channels, filters = kernel.shape[2:]
    pixel, plane = 4 * channels * filters, 4 * packed.shape[1]
    for _, first, last in pieces(work):
        for c in range(first, last):
            source = address_of(kernel) + 4 * c * filters
            for f in range(0, filters, WIDTH):
                target = address_of(packed) + _place(c, f, channels)
                transform_kernel(
                    points, source + 4 * f, 3 * pixel, pixel, target, plane, address_of(spare)
                )


@compiled
def unpack(work, points, sums, kernel):
    """Computes the kernel's cotangent from Ū, for the channels of the taken pieces."""
    spare = np.empty((len(points) ** 2, WIDTH), np.float32)
    channels, filters = kernel.shape[2:]
    pixel, plane = 4 * channels * filters, 4 * sums.shape[2]
    for _, first, last in pieces(work):
        _add_up(first, last, channels, filters, sums)
        for c in range(first, last):
            target = address_of(kernel) + 4 * c * filters
            for f in range(0, filters, WIDTH):
                source = address_of(sums) + _place(c, f, channels)
                transform_kernel_adjoint(
                    points, source, plane, target + 4 * f, 3 * pixel, pixel, address_of(spare)
                )


@part
def _add_up(first, last, channels, filters, sums):
    """Adds the sums of the other pieces to the first one's, for some of the channels."""
    for f in range(0, filters, COLUMNS):
        start = f * channels + first * COLUMNS
        stop = f * channels + last * COLUMNS
        for p in range(sums.shape[1]):
            total = sums[0, p, start:stop]
            for piece in range(1, len(sums)):
                other = sums[piece, p, start:stop]
                for i in range(len(total)):
                    total[i] += other[i]


@compiled
def convolve(work, points, tiling, block, x, packed, bias, limits, y, argmax, pooled):
    """Convolves the blocks of tiles of the taken pieces."""
    size = len(points)
    channels, lanes, filters = x.shape[3], filled(x.shape[3]), filled(y.shape[3])
    step = (size - 2) // 2 if pooled else size - 2
    v = np.empty((size * size, plane_length(block, lanes)), np.float32)
    m = np.empty((size * size, plane_length(block, filters)), np.float32)
    x_border = np.empty((size, size, lanes), np.float32)
    y_border = np.empty((step, step, filters), np.float32)
    argmax_border = np.empty((step, step, filters), np.uint8)
    spare = np.empty((size * size, WIDTH), np.float32)
    tiles = len(x) * tiling.down * tiling.across
    for _, first, last in pieces(work):
        for start in range(first * block, min(tiles, last * block), block):
            stop = min(tiles, start + block)
            read_tiles(points, tiling, start, stop, x, v, x_border, address_of(spare))
            for p in range(size * size):
                _multiply(stop - start, channels, filters, v[p], packed[p], m[p])
            write_tiles(
                points,
                tiling,
                start,
                stop,
                m,
                bias,
                limits,
                y,
                argmax,
                pooled,
                (y_border, argmax_border),
                address_of(spare),
            )


@compiled
def convolve_gradients(work, points, tiling, block, arrays, rectify, packed, x_gradient, all_sums):
    """Computes the gradients of the images of the taken pieces.

    arrays: cotangent, x, y and argmax of the whole batch. The gradients of the kernel
    and of the bias are sums for each piece.
    """
    cotangent, x, y, argmax = arrays
    size, filters = len(points), y.shape[3]
    lanes, columns = filled(x.shape[3]), filled(filters)
    v = np.empty((size * size, plane_length(block, lanes)), np.float32)
    m = np.empty((size * size, plane_length(block, columns)), np.float32)
    x_border = np.empty((size, size, lanes), np.float32)
    y_border = np.empty((size - 2, size - 2, columns), np.float32)
    spare = np.empty((size * size, WIDTH), np.float32)
    tiles = tiling.down * tiling.across
    for piece, first, last in pieces(work):
        sums, bias = all_sums[0][piece], all_sums[1][piece]
        clear(address_of(sums), sums.size)
        for start in range(first * tiles, last * tiles, block):
            stop = min(last * tiles, start + block)
            if len(sums):
                read_tiles(points, tiling, start, stop, x, v, x_border, address_of(spare))
            read_cotangent_tiles(
                points,
                tiling,
                start,
                stop,
                cotangent,
                y,
                argmax,
                rectify,
                m,
                bias,
                y_border,
                address_of(spare),
            )
            for p in range(size * size):
                if len(sums):
                    _add_kernel_products(stop - start, block, lanes, columns, v[p], m[p], sums[p])
                if len(x_gradient):
                    _multiply_transposed(stop - start, block, lanes, filters, m[p], packed[p], v[p])
            if len(x_gradient):
                add_tiles(points, tiling, start, stop, v, x_gradient, x_border, address_of(spare))


@part
def _multiply(tiles, channels, filters, v, u, m):
    """`M = V · U` of one plane, six tiles at a time, of which the last may be unused."""
    v_step, m_step = 4 * filled(channels), 4 * filters
    for f in range(0, filters, COLUMNS):
        panel = address_of(u) + 4 * f * filled(channels)
        for tile in range(0, tiles, ROWS):
            rows = rows_from(address_of(v) + tile * v_step, v_step)
            sums = add_products(no_sums(), channels, rows, 4, panel, PANEL_BYTES)
            store_sums(rows_from(address_of(m) + tile * m_step + 4 * f, m_step), sums)


@part
def _multiply_transposed(tiles, block, lanes, filters, m, u, v):
    """`V̄ = M̄ · Uᵀ` of one plane, panel by panel of M̄."""
    v_step = 4 * lanes
    for c in range(0, lanes, COLUMNS):
        panel = address_of(u) + 4 * c * filled(filters)
        for tile in range(0, tiles, ROWS):
            sums = no_sums()
            for f in range(0, filters, COLUMNS):
                rows = rows_from(address_of(m) + 4 * (f * block + tile * COLUMNS), PANEL_BYTES)
                count = min(COLUMNS, filters - f)
                at = panel + f * PANEL_BYTES
                sums = add_products(sums, count, rows, 4, at, PANEL_BYTES)
            store_sums(rows_from(address_of(v) + tile * v_step + 4 * c, v_step), sums)


@part
def _add_kernel_products(tiles, block, lanes, columns, v, m, sums):
    """`Ū += Vᵀ · M̄` of one plane; the rows are channels, in sixes and then fours."""
    v_step = 4 * lanes
    first_four = lanes - 4 * (-lanes % ROWS // 2)
    for f in range(0, columns, COLUMNS):
        panel = address_of(m) + 4 * f * block
        target = address_of(sums) + 4 * f * lanes
        for c in range(0, first_four, ROWS):
            rows = rows_from(address_of(v) + 4 * c, 4)
            targets = rows_from(target + c * PANEL_BYTES, PANEL_BYTES)
            add_products_to_stored(targets, tiles, rows, v_step, panel, PANEL_BYTES)
        for c in range(first_four, lanes, 4):
            rows = four_rows_from(address_of(v) + 4 * c, 4)
            targets = four_rows_from(target + c * PANEL_BYTES, PANEL_BYTES)
            add_four_products_to_stored(targets, tiles, rows, v_step, panel, PANEL_BYTES)
