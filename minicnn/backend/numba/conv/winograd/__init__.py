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

from minicnn.backend.numba.conv.winograd.products import (
    convolve,
    convolve_back,
    pack,
    plane_length,
    unpack,
    whole,
)
from minicnn.backend.numba.conv.winograd.tiles import Tiling
from minicnn.backend.numba.machine.simd import WIDTH
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.common.sliding_windows import Padding, Sizes, output_size

BLOCK_BYTES = 1_200_000  # of planes, which shall stay in the cache
PIECE_KERNELS = 8192  # of a channel and a filter each, that are worth waking a thread for
PIECE_TILES = 512  # that are worth a sum Ū of their own, which must be cleared and added


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
        """See `backend/numpy/fused_layers.py`."""
        batch, *size, _ = x.shape
        filters = kernel.shape[3]
        height, width = output_size(size, kernel.shape[:2], strides, padding, dilation)
        if pooled:
            height, width = height // 2, width // 2
        y = np.empty((batch, height, width, filters), np.float32)
        argmax = np.empty(y.shape if pooled and argmax_needed else (0, 0, 0, 0), np.uint8)
        tiling = self._tiling(y, padding, pooled)
        padded_bias = np.zeros(whole(filters), np.float32)
        padded_bias[:filters] = 0 if bias is None else bias
        lowest = np.float32(0 if activation == "relu" else -np.inf)
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
            lowest,
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
        """See `backend/numpy/fused_layers.py`."""
        batch, channels, filters = len(x), x.shape[3], kernel.shape[3]
        tiling = self._tiling(y, padding, argmax is not None)
        argmax = np.zeros(0, np.uint8) if argmax is None else argmax.ravel()
        if filters % WIDTH and len(argmax):  # they are read in eights, also the last ones
            argmax = np.append(argmax, np.zeros(WIDTH, np.uint8))
        planes, plane = len(self.points) ** 2, plane_length(whole(channels), whole(filters))
        block = block_of_tiles(len(self.points), channels, filters)
        # Each image is cleared before its first tile; only one without tiles is not.
        make = np.empty if tiling.down * tiling.across else np.zeros
        x_gradient = make(x.shape if input_needed else (0, 0, 0, 0), np.float32)
        packed = self._packed(kernel.swapaxes(2, 3) if input_needed else kernel[:, :, :0])
        tiles = batch * tiling.down * tiling.across
        bounds = cut(batch, pieces=min(8, max(4, tiles // PIECE_TILES)))
        sums = np.empty((len(bounds) - 1, planes if kernel_needed else 0, plane), np.float32)
        bias_sums = np.zeros((len(bounds) - 1, whole(filters)), np.float32)

        share(
            convolve_back,
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
        bounds = cut(whole(channels), 1 + PIECE_KERNELS // filters)
        share(pack, bounds, self.points, padded, packed)
        return packed

    def _unpacked(self, sums: np.ndarray, channels: int, filters: int) -> np.ndarray:
        """`ḡ = Gᵀ Ū G`, with Ū the sum of the pieces' sums."""
        kernel = np.empty((3, 3, whole(channels), whole(filters)), np.float32)
        bounds = cut(whole(channels), 1 + PIECE_KERNELS // (len(sums) * filters))
        share(unpack, bounds, self.points, sums, kernel)
        return np.ascontiguousarray(kernel[:, :, :channels, :filters])


four = Winograd((0.0, 1.0, -1.0, 2.0, -2.0, np.inf))
two = Winograd((0.0, 1.0, -1.0, np.inf))


def block_of_tiles(size: int, channels: int, filters: int) -> int:
    """How many tiles are worked on at once: planes that fit the cache, in sixes."""
    fitting = BLOCK_BYTES // (4 * size**2 * (whole(channels) + whole(filters)))
    return 6 * max(2, min(6, fitting // 6))
