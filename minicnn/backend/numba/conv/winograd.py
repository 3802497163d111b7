"""Winograd convolution: 3 × 3 kernels with a quarter, or less than half, of the multiplications.

In one dimension, two neighbouring results of a kernel of three numbers take 6 multiplications; they
can be had with 4, for the same reason that polynomials can be multiplied at points:

    m₁ = (d₀ - d₂) g₀          m₂ = (d₁ + d₂) (g₀ + g₁ + g₂) / 2
    m₄ = (d₁ - d₃) g₂          m₃ = (d₂ - d₁) (g₀ - g₁ + g₂) / 2
    y₀ = m₁ + m₂ + m₃,         y₁ = m₂ - m₃ - m₄

that is `y = Aᵀ [(G g) ⊙ (Bᵀ d)]`. In two dimensions the matrices work on rows and columns, and a
tile of output Y comes from the tile of input d that is larger by two:

    V = Bᵀ d B,    U = G g Gᵀ,    M = U ⊙ V,    Y = Aᵀ M A.

F(2 × 2, 3 × 3) needs 16 multiplications for 4 results instead of 36; F(4 × 4, 3 × 3) 36 for 16
instead of 144. With many channels the sum over them can be done before A, so each of the 16 or 36
places in a tile is a matrix product of its own, over all tiles t:

                       channels                    filters                     filters
    d  ──► V  planes ┌┌┌───────┐            U  ┌┌┌───────┐            M    ┌┌┌───────┐
           of tiles  │││ V[p]  │     ·         │││ U[p]  │     =           │││ M[p]  │ ──► Y
                   t └└└───────┘               └└└───────┘               t └└└───────┘

The gradients are the adjoint of each step, so they share V and one transform of the cotangent:

    M̄ = A Ȳ Aᵀ,    Ū[p] = V[p]ᵀ M̄[p],    V̄[p] = M̄[p] U[p]ᵀ,    ḡ = Gᵀ Ū G,    d̄ = B V̄ Bᵀ (added).

A block of tiles is read, multiplied and written before the next, so that its planes stay in the
cache. Bias, relu and pool are applied to a tile of output before it is written. Threads take runs
of blocks; for the gradients runs of images, each with a Ū of its own, which are added in order.

The larger tile loses a digit: its error is about 5e-6 of the largest result, that of the smaller
one 5e-7, as that of a plain sum. NaN and infinity spread to all of their tile.

Source: Winograd, "Arithmetic complexity of computations" (1980); Lavin, Gray, "Fast algorithms for
convolutional neural networks" (2016), algorithm 1, arXiv:1509.09308.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.backend.numba.compile import compiled
from minicnn.backend.numba.conv.microkernels import (
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
from minicnn.backend.numba.conv.winograd_tiles import (
    Tiling,
    add_tiles,
    clear,
    read_cotangent_tiles,
    read_tiles,
    write_tiles,
)
from minicnn.backend.numba.conv.winograd_transforms import transform_kernel, transform_kernel_back
from minicnn.backend.numba.simd import WIDTH, address_of
from minicnn.backend.numba.threads import cut, for_chunks, for_pieces
from minicnn.backend.numpy.conv import Padding, Sizes, output_size

BLOCK_BYTES = 1_200_000  # of planes, which shall stay in the cache
LINE = 16  # numbers in a line of the cache


@dataclass(frozen=True)
class Winograd:
    """The algorithm with certain points, one for each row of its tiles of input."""

    points: tuple[float, ...]

    def supports(
        self,
        channels: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes,
        dilation: Sizes,
        groups: int,
    ) -> bool:
        """Whether this is a 3 × 3 convolution with stride 1, in one group."""
        plain = tuple(strides) == tuple(dilation) == (1, 1)
        return tuple(kernel_size) == (3, 3) and plain and groups == 1

    def conv_block(
        self,
        x: np.ndarray,
        kernel: np.ndarray,
        bias: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        pooled: bool,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """See `backend/numpy/blocks.py`."""
        batch, *size, _ = x.shape
        filters = kernel.shape[3]
        height, width = output_size(size, kernel.shape[:2], strides, padding, dilation)
        if pooled:
            height, width = height // 2, width // 2
        y = np.empty((batch, height, width, filters), np.float32)
        winners = np.empty(y.shape if pooled else (0, 0, 0, 0), np.uint8)
        tiling = self._tiling(y, padding, pooled)
        padded_bias = np.zeros(whole(filters), np.float32)
        padded_bias[:filters] = 0 if bias is None else bias
        lowest = np.float32(0 if activation == "relu" else -np.inf)
        block = block_of_tiles(len(self.points), x.shape[3], filters)
        tiles = batch * tiling.down * tiling.across
        for_chunks(
            convolve,
            -(-tiles // block),
            self.points,
            tiling,
            block,
            x,
            self._packed(kernel),
            padded_bias,
            lowest,
            y,
            winners,
        )
        return y, winners if pooled else None

    def conv_block_gradients(
        self,
        cotangent: np.ndarray,
        x: np.ndarray,
        kernel: np.ndarray,
        y: np.ndarray,
        winners: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        input_needed: bool = True,
        kernel_needed: bool = True,
    ) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
        """See `backend/numpy/blocks.py`."""
        batch, channels, filters = len(x), x.shape[3], kernel.shape[3]
        tiling = self._tiling(y, padding, winners is not None)
        winners = np.zeros(0, np.uint8) if winners is None else winners.ravel()
        if filters % WIDTH and len(winners):  # they are read in eights, also the last ones
            winners = np.append(winners, np.zeros(WIDTH, np.uint8))
        planes, plane = len(self.points) ** 2, plane_length(whole(channels), whole(filters))
        block = block_of_tiles(len(self.points), channels, filters)
        covered = tiling.down * tiling.across > 0
        x_gradient = (np.empty if covered else np.zeros)(
            x.shape if input_needed else (0,) * 4, np.float32
        )
        bounds = cut(batch, pieces=8)
        sums = np.empty((len(bounds) - 1, planes if kernel_needed else 0, plane), np.float32)
        bias_sums = np.zeros((len(bounds) - 1, whole(filters)), np.float32)
        packed = (
            self._packed(kernel.swapaxes(2, 3)) if input_needed else np.empty((0, 0), np.float32)
        )

        def task(piece: int, start: int, stop: int) -> None:
            convolve_back(
                start,
                stop,
                self.points,
                tiling,
                block,
                cotangent,
                x,
                y,
                winners,
                activation == "relu",
                packed,
                x_gradient,
                sums[piece],
                bias_sums[piece],
            )

        for_pieces(task, bounds)
        kernel_gradient = self._unpacked(sums, channels, filters) if kernel_needed else None
        bias_gradient = bias_sums.sum(0)[:filters] if kernel_needed else None
        return x_gradient if input_needed else None, kernel_gradient, bias_gradient

    def _tiling(self, y: np.ndarray, padding: Padding, pooled: bool) -> Tiling:
        """Tiles that cover the output; with a pool, what the pool looks at."""
        step = (len(self.points) - 2) // (2 if pooled else 1)
        (top, _), (left, _) = padding
        return Tiling(-(-y.shape[1] // step), -(-y.shape[2] // step), top, left)

    def _packed(self, kernel: np.ndarray) -> np.ndarray:
        """`U = G g Gᵀ`, each plane as panels of sixteen filters."""
        _, _, channels, filters = kernel.shape
        padded = np.zeros((3, 3, whole(channels), whole(filters)), np.float32)
        padded[:, :, :channels, :filters] = kernel
        packed = np.empty((len(self.points) ** 2, plane_length(*padded.shape[2:])), np.float32)
        for_chunks(pack, whole(channels), self.points, padded, packed, smallest=16)
        return packed

    def _unpacked(self, sums: np.ndarray, channels: int, filters: int) -> np.ndarray:
        """`ḡ = Gᵀ Ū G`, with Ū the sum of the pieces' sums."""
        kernel = np.empty((3, 3, whole(channels), whole(filters)), np.float32)
        for_chunks(unpack, whole(channels), self.points, sums, kernel, smallest=16)
        return np.ascontiguousarray(kernel[:, :, :channels, :filters])


four = Winograd((0.0, 1.0, -1.0, 2.0, -2.0, np.inf))
two = Winograd((0.0, 1.0, -1.0, np.inf))


def block_of_tiles(size: int, channels: int, filters: int) -> int:
    """How many tiles are worked on at once: planes that fit the cache, in sixes."""
    fitting = BLOCK_BYTES // (4 * size**2 * (whole(channels) + whole(filters)))
    return ROWS * max(2, min(16, fitting // ROWS))


@compiled
def whole(channels):
    """Channels or filters, filled up to whole panels."""
    return -(-channels // COLUMNS) * COLUMNS


@compiled
def plane_length(rows, columns):
    """Numbers in a plane, an odd number of cache lines.

    The planes of one tile are written together. Were they a multiple of 4096 bytes apart, they
    would all want the same few lines of the cache.
    """
    return (rows * columns // LINE | 1) * LINE


@compiled
def pack(first, last, points, kernel, packed):
    """The channels from `first` to `last` of the packed kernel."""
    spare = np.empty((len(points) ** 2, WIDTH), np.float32)
    channels, filters = kernel.shape[2:]
    pixel, plane = 4 * channels * filters, 4 * packed.shape[1]
    for c in range(first, last):
        source = address_of(kernel) + 4 * c * filters
        for f in range(0, filters, WIDTH):
            target = address_of(packed) + 4 * (
                (f // COLUMNS * channels + c) * COLUMNS + f % COLUMNS
            )
            transform_kernel(
                points, source + 4 * f, 3 * pixel, pixel, target, plane, address_of(spare)
            )


@compiled
def unpack(first, last, points, sums, kernel):
    """The channels from `first` to `last` of the kernel's cotangent."""
    spare = np.empty((len(points) ** 2, WIDTH), np.float32)
    channels, filters = kernel.shape[2:]
    pixel, plane = 4 * channels * filters, 4 * sums.shape[2]
    for f in range(0, filters, COLUMNS):
        start = f * channels + first * COLUMNS
        stop = f * channels + last * COLUMNS
        for p in range(sums.shape[1]):
            total = sums[0, p, start:stop]
            for piece in range(1, len(sums)):
                part = sums[piece, p, start:stop]
                for i in range(len(total)):
                    total[i] += part[i]
    for c in range(first, last):
        target = address_of(kernel) + 4 * c * filters
        for f in range(0, filters, WIDTH):
            source = address_of(sums) + 4 * ((f // COLUMNS * channels + c) * COLUMNS + f % COLUMNS)
            transform_kernel_back(
                points, source, plane, target + 4 * f, 3 * pixel, pixel, address_of(spare)
            )


@compiled
def convolve(first, last, points, tiling, block, x, packed, bias, lowest, y, winners):
    """The blocks of tiles from `first` to `last` of the output."""
    size = len(points)
    channels, lanes, filters = x.shape[3], whole(x.shape[3]), whole(y.shape[3])
    step = (size - 2) // 2 if winners.size > 0 else size - 2
    v = np.empty((size * size, plane_length(block, lanes)), np.float32)
    m = np.empty((size * size, plane_length(block, filters)), np.float32)
    x_border = np.empty((size, size, lanes), np.float32)
    y_border = np.empty((step, step, filters), np.float32)
    winners_border = np.empty((step, step, filters), np.uint8)
    spare = np.empty((size * size, WIDTH), np.float32)
    tiles = len(x) * tiling.down * tiling.across
    for number in range(first, last):
        start, stop = number * block, min(tiles, (number + 1) * block)
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
            lowest,
            y,
            winners,
            y_border,
            winners_border,
            address_of(spare),
        )


@compiled
def convolve_back(
    first,
    last,
    points,
    tiling,
    block,
    cotangent,
    x,
    y,
    winners,
    rectify,
    packed,
    x_gradient,
    sums,
    bias,
):
    """The gradients of the images from `first` to `last`; those of the kernel and bias are sums."""
    size, filters = len(points), y.shape[3]
    lanes, columns = whole(x.shape[3]), whole(filters)
    v = np.empty((size * size, plane_length(block, lanes)), np.float32)
    m = np.empty((size * size, plane_length(block, columns)), np.float32)
    x_border = np.empty((size, size, lanes), np.float32)
    y_border = np.empty((size - 2, size - 2, columns), np.float32)
    spare = np.empty((size * size, WIDTH), np.float32)
    tiles = tiling.down * tiling.across
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
            winners,
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
                _multiply_back(stop - start, block, lanes, filters, m[p], packed[p], v[p])
        if len(x_gradient):
            add_tiles(points, tiling, start, stop, v, x_gradient, x_border, address_of(spare))


@compiled
def _multiply(tiles, channels, filters, v, u, m):
    """`M = V · U` of one plane; six tiles a time, the last few of which may be left-overs."""
    v_step, m_step = 4 * whole(channels), 4 * filters
    for f in range(0, filters, COLUMNS):
        panel = address_of(u) + 4 * f * whole(channels)
        for tile in range(0, tiles, ROWS):
            rows = rows_from(address_of(v) + tile * v_step, v_step)
            sums = add_products(no_sums(), channels, rows, 4, panel, PANEL_BYTES)
            store_sums(rows_from(address_of(m) + tile * m_step + 4 * f, m_step), sums)


@compiled
def _multiply_back(tiles, block, lanes, filters, m, u, v):
    """`V̄ = M̄ · Uᵀ` of one plane, panel by panel of M̄."""
    v_step = 4 * lanes
    for c in range(0, lanes, COLUMNS):
        panel = address_of(u) + 4 * c * whole(filters)
        for tile in range(0, tiles, ROWS):
            sums = no_sums()
            for f in range(0, filters, COLUMNS):
                rows = rows_from(address_of(m) + 4 * (f * block + tile * COLUMNS), PANEL_BYTES)
                count = min(COLUMNS, filters - f)
                at = panel + f * PANEL_BYTES
                sums = add_products(sums, count, rows, 4, at, PANEL_BYTES)
            store_sums(rows_from(address_of(v) + tile * v_step + 4 * c, v_step), sums)


@compiled
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
