"""Winograd convolution: 3 × 3 kernels with a quarter (or less than half) of the multiplications.

In one dimension, two neighbouring results of a kernel of three numbers take 6 multiplications.
There is a way with 4, which comes from multiplying polynomials by their values at points:

    m₁ = (d₀ - d₂) g₀          m₂ = (d₁ + d₂) (g₀ + g₁ + g₂) / 2
    m₄ = (d₁ - d₃) g₂          m₃ = (d₂ - d₁) (g₀ - g₁ + g₂) / 2
    y₀ = m₁ + m₂ + m₃,         y₁ = m₂ - m₃ - m₄

that is `y = Aᵀ [(G g) ⊙ (Bᵀ d)]`. In two dimensions the matrices work on rows and columns, and a
tile of output Y comes from the tile of input d that is larger by two:

    V = Bᵀ d B,    U = G g Gᵀ,    M = U ⊙ V,    Y = Aᵀ M A.

F(2 × 2, 3 × 3) needs 16 multiplications for 4 results instead of 36; F(4 × 4, 3 × 3) 36 for 16
instead of 144. The sum over channels is computed before A is applied, so for each of the 16 or 36
places p in a tile there is a matrix product over all tiles t:

                       channels                    filters                     filters
    d  ──► V  planes ┌┌┌───────┐            U  ┌┌┌───────┐            M    ┌┌┌───────┐
           of tiles  │││ V[p]  │     ·         │││ U[p]  │     =           │││ M[p]  │ ──► Y
                   t └└└───────┘               └└└───────┘               t └└└───────┘

The gradients are the adjoints of these steps; both use one transform M̄ of the cotangent:

    M̄ = A Ȳ Aᵀ,    Ū[p] = V[p]ᵀ M̄[p],    V̄[p] = M̄[p] U[p]ᵀ,    ḡ = Gᵀ Ū G,    d̄ = B V̄ Bᵀ (added).

A block of tiles is read, multiplied and written before the next one, so that its planes stay in the
cache. Bias, relu and pool are applied to a tile of output before it is written. Threads take runs
of blocks; for the gradients runs of images, each with its own sum Ū, which are added in order.

Files: `transforms.py` applies A, B and G to one tile, `tiles.py` reads and writes tiles,
`border.py` treats tiles that are partly outside of the image, `products.py` multiplies.

The larger tile is less exact: its error is about 5e-6 of the largest result, that of the smaller
one 5e-7, as that of a plain sum. NaN and infinity spread over the whole tile.

Source: Winograd, "Arithmetic complexity of computations" (1980); Lavin, Gray, "Fast algorithms for
convolutional neural networks" (2016), algorithm 1, arXiv:1509.09308.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.backend.numba.activations import ending_of
from minicnn.backend.numba.conv.winograd.products import (
    convolve,
    convolve_gradients,
    filled,
    pack,
    plane_length,
    unpack,
)
from minicnn.backend.numba.conv.winograd.tiles import Tiling
from minicnn.backend.numba.machine.simd import WIDTH
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.common.sliding_windows import Padding, Sizes, output_size

BLOCK_BYTES = 1_200_000  # of a block's planes, so that they stay in the cache
PIECE_KERNELS = 8192  # least number of of a channel and a filter each, in a piece of work
PIECE_TILES = 512  # least number of tiles with their own sum Ū, which must be cleared and added


@dataclass(frozen=True)
class Winograd:
    """The algorithm for a list of points, one for each row of a tile of input."""

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

    def conv_layer(
        self,
        x: np.ndarray,
        kernel: np.ndarray,
        bias: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        pooled: bool,
        argmax_needed: bool = True,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Convolution, bias, activation, pool; see `backend/numpy/fused_layers.py`."""
        batch, *size, _ = x.shape
        filters = kernel.shape[3]
        height, width = output_size(size, kernel.shape[:2], strides, padding, dilation)
        if pooled:
            height, width = height // 2, width // 2
        y = np.empty((batch, height, width, filters), np.float32)
        argmax = np.empty(y.shape if pooled and argmax_needed else (0, 0, 0, 0), np.uint8)
        tiling = self._tiling(y, padding, pooled)
        padded_bias = np.zeros(filled(filters), np.float32)
        padded_bias[:filters] = 0 if bias is None else bias
        limits = np.float32(-np.inf if activation == "linear" else 0), ending_of(activation)[1]
        block = block_of_tiles(len(self.points), x.shape[3], filters)
        tiles = batch * tiling.down * tiling.across
        share(
            convolve,
            cut(-(-tiles // block)),
            self.points,
            tiling,
            block,
            x,
            self._packed(kernel),
            padded_bias,
            limits,
            y,
            argmax,
            pooled,
        )
        return y, argmax if pooled and argmax_needed else None

    def conv_layer_gradients(
        self,
        cotangent: np.ndarray,
        x: np.ndarray,
        kernel: np.ndarray,
        y: np.ndarray,
        argmax: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        input_needed: bool = True,
        kernel_needed: bool = True,
    ) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
        """Cotangents of input, kernel and bias; see `backend/numpy/fused_layers.py`."""
        batch, channels, filters = len(x), x.shape[3], kernel.shape[3]
        tiling = self._tiling(y, padding, argmax is not None)
        argmax = np.zeros(0, np.uint8) if argmax is None else argmax.ravel()
        if filters % WIDTH and len(argmax):  # eight bytes are read at a time, also the last ones
            argmax = np.append(argmax, np.zeros(WIDTH, np.uint8))
        planes, plane = (
            len(self.points) ** 2,
            plane_length(filled(channels), filled(filters)),
        )
        block = block_of_tiles(len(self.points), channels, filters)
        # `add_tiles` clears each image before its first tile; without tiles zeros are needed here.
        make = np.empty if tiling.down * tiling.across else np.zeros
        x_gradient = make(x.shape if input_needed else (0, 0, 0, 0), np.float32)
        packed = self._packed(kernel.swapaxes(2, 3) if input_needed else kernel[:, :, :0])
        tiles = batch * tiling.down * tiling.across
        bounds = cut(batch, pieces=min(8, max(4, tiles // PIECE_TILES)))
        sums = np.empty((len(bounds) - 1, planes if kernel_needed else 0, plane), np.float32)
        bias_sums = np.zeros((len(bounds) - 1, filled(filters)), np.float32)

        share(
            convolve_gradients,
            bounds,
            self.points,
            tiling,
            block,
            (cotangent, x, y, argmax),
            activation == "relu",
            packed,
            x_gradient,
            (sums, bias_sums),
        )
        kernel_gradient = self._unpacked(sums, channels, filters) if kernel_needed else None
        bias_gradient = bias_sums.sum(0)[:filters]
        return x_gradient if input_needed else None, kernel_gradient, bias_gradient

    def _tiling(self, y: np.ndarray, padding: Padding, pooled: bool) -> Tiling:
        """The tiles that cover the output, or with a pool the pool's windows."""
        step = (len(self.points) - 2) // (2 if pooled else 1)
        (top, _), (left, _) = padding
        return Tiling(-(-y.shape[1] // step), -(-y.shape[2] // step), top, left)

    def _packed(self, kernel: np.ndarray) -> np.ndarray:
        """`U = G g Gᵀ`, each plane as panels of sixteen filters."""
        _, _, channels, filters = kernel.shape
        padded = np.zeros((3, 3, filled(channels), filled(filters)), np.float32)
        padded[:, :, :channels, :filters] = kernel
        packed = np.empty((len(self.points) ** 2, plane_length(*padded.shape[2:])), np.float32)
        bounds = cut(filled(channels), 1 + PIECE_KERNELS // filters)
        share(pack, bounds, self.points, padded, packed)
        return packed

    def _unpacked(self, sums: np.ndarray, channels: int, filters: int) -> np.ndarray:
        """`ḡ = Gᵀ Ū G`, with Ū the sum of the pieces' sums."""
        kernel = np.empty((3, 3, filled(channels), filled(filters)), np.float32)
        bounds = cut(filled(channels), 1 + PIECE_KERNELS // (len(sums) * filters))
        share(unpack, bounds, self.points, sums, kernel)
        return np.ascontiguousarray(kernel[:, :, :channels, :filters])


four = Winograd((0.0, 1.0, -1.0, 2.0, -2.0, np.inf))
two = Winograd((0.0, 1.0, -1.0, np.inf))


def block_of_tiles(size: int, channels: int, filters: int) -> int:
    """The number of tiles in a block: a multiple of six, whose planes fit in the cache."""
    fitting = BLOCK_BYTES // (4 * size**2 * (filled(channels) + filled(filters)))
    return 6 * max(2, min(6, fitting // 6))
