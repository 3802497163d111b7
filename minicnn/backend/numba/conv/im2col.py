"""Two-dimensional convolution by matrix products over blocks of patches that fit the cache.

The mathematics is that of `backend/numpy/conv.py`: with X the patches, `Y = X · W`, `dW = Xᵀ · dY`,
`dX = col2im(dY · Wᵀ)`. With nine taps, X is nine times as large as the input, too large for the
cache. So each thread copies the patches of a few rows of output positions, multiplies them while
they are still in its cache, and continues with the next few.

A "line" is one row of output positions of one image; lines are numbered through the whole batch.

       input (one channel)           patches, 3 x 3              kernel
    a b c d                       a b c e f g i j k            w00
    e f g h      positions        b c d f g h j k l      ·     w01     =   a column of the output
    i j k l      0 and 1          ...                           :          for each filter
    ...                                                        w22
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.conv.activation_and_pool import activate_and_pool, layer_gradients
from minicnn.backend.numba.conv.window import tap_spans
from minicnn.backend.numba.machine.threads import cut, for_pieces
from minicnn.common.sliding_windows import Padding, Sizes, output_size

BLOCK_BYTES = 256 * 1024  # half of a usual second-level cache
PIECE_OPERATIONS = 500_000  # least number of multiplications in a piece of work
PARTIAL_SUMS_BYTES = 32 * 1024 * 1024
LARGEST = {"relu": None, "relu6": 6}  # result of each activation


@dataclass
class Plan:
    """The sizes of one convolution, and of its blocks and pieces of work."""

    height: int  # of the output
    width: int
    rows_of_input: tuple[int, ...]  # (batch, height, width · channels)
    patch: tuple[int, int]  # runs of neighbouring elements, and their length
    spans: np.ndarray  # see `tap_spans`; columns are counted in elements
    steps: tuple[int, ...]  # stride down and across, padding at the top, dilation down
    lines_per_block: int
    lines_per_piece: int

    @property
    def columns(self) -> int:
        """Elements of one patch: taps · channels."""
        return self.patch[0] * self.patch[1]

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, int, slice]]:
        """Each block of the lines from `start` to `stop`: its bounds, and its positions."""
        for first in range(start, stop, self.lines_per_block):
            last = min(first + self.lines_per_block, stop)
            yield first, last, slice(first * self.width, last * self.width)

    def scratch(self, dtype: np.dtype) -> np.ndarray:
        """An empty array for the patches of one block."""
        return np.empty((self.lines_per_block, self.width, *self.patch), dtype)


def make_plan(
    input_shape: Sizes,
    kernel_shape: Sizes,
    item_bytes: int,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> Plan:
    """Compute the output's size, and the number of lines in a block and in a piece of work."""
    batch, *size, channels = input_shape
    *kernel_size, _, filters = kernel_shape
    height, width = output_size(size, kernel_size, strides, padding, dilation)
    down, across = kernel_size
    spans = tap_spans(size[1], width, across, strides[1], padding[1], dilation[1])
    run = channels
    if dilation[1] == 1 and (spans[:, :2] == (0, width)).all():
        # No tap is in the padding: the taps of one row are neighbours in memory, one run.
        spans, run, across = spans[:1], run * across, 1
    line_elements = max(1, width * down * across * run)
    return Plan(
        height=height,
        width=width,
        rows_of_input=(batch, size[0], size[1] * channels),
        patch=(down * across, run),
        spans=spans * (1, 1, channels),
        steps=(strides[0], strides[1] * channels, padding[0][0], dilation[0]),
        lines_per_block=max(1, BLOCK_BYTES // (line_elements * item_bytes)),
        lines_per_piece=1 + PIECE_OPERATIONS // (line_elements * max(1, filters)),
    )


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """Every convolution that is not in groups."""
    return groups == 1


def conv_layer(
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
    """`activation(X · W + bias)`, block by block; then the pool."""
    plan = make_plan(x.shape, kernel.shape, x.itemsize, strides, padding, dilation)
    batch, filters = len(x), kernel.shape[-1]
    matrix = kernel.reshape(plan.columns, filters)
    x = x.reshape(plan.rows_of_input)
    y = np.empty((batch * plan.height * plan.width, filters), x.dtype)

    def task(_: int, start: int, stop: int) -> None:
        scratch = plan.scratch(x.dtype)
        for first, last, positions in plan.blocks(start, stop):
            patches = scratch[: last - first]
            fill_patches(x, patches, first, plan.height, plan.spans, plan.steps)
            block = np.matmul(patches.reshape(-1, plan.columns), matrix, out=y[positions])
            if bias is not None:
                np.add(block, bias, out=block)
            if activation != "linear":
                np.clip(block, 0, LARGEST[activation], out=block)

    for_pieces(task, cut(batch * plan.height, plan.lines_per_piece))
    return activate_and_pool(y.reshape(batch, plan.height, plan.width, filters), "linear", pooled)


def conv_kernel_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """`dW = Xᵀ · dY`: each piece sums its blocks, then the pieces are added in their order."""
    batch, channels, filters = len(x), x.shape[-1], cotangent.shape[-1]
    kernel_shape = (*kernel_size, channels, filters)
    plan = make_plan(x.shape, kernel_shape, x.itemsize, strides, padding, dilation)
    x, cotangent = x.reshape(plan.rows_of_input), cotangent.reshape(-1, filters)
    sums_at_once = PARTIAL_SUMS_BYTES // max(1, plan.columns * filters * x.itemsize)
    bounds = cut(batch * plan.height, plan.lines_per_piece, pieces=sums_at_once)
    sums = np.zeros((len(bounds) - 1, plan.columns, filters), x.dtype)

    def task(piece: int, start: int, stop: int) -> None:
        scratch, product = plan.scratch(x.dtype), np.empty(sums.shape[1:], x.dtype)
        for first, last, positions in plan.blocks(start, stop):
            patches = scratch[: last - first]
            fill_patches(x, patches, first, plan.height, plan.spans, plan.steps)
            np.matmul(patches.reshape(-1, plan.columns).T, cotangent[positions], out=product)
            sums[piece] += product

    for_pieces(task, bounds)
    return sums.sum(0).reshape(kernel_shape)


def conv_input_gradient(
    cotangent: np.ndarray,
    kernel: np.ndarray,
    input_shape: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """`dX = col2im(dY · Wᵀ)`; pieces are whole images, so no two pieces add to the same element."""
    plan = make_plan(input_shape, kernel.shape, kernel.itemsize, strides, padding, dilation)
    cotangent = cotangent.reshape(-1, kernel.shape[-1])
    matrix = kernel.reshape(plan.columns, -1).T
    gradient = np.zeros(plan.rows_of_input, cotangent.dtype)

    def task(_: int, start: int, stop: int) -> None:
        scratch = plan.scratch(cotangent.dtype)
        for first, last, positions in plan.blocks(start * plan.height, stop * plan.height):
            patches = scratch[: last - first]
            np.matmul(cotangent[positions], matrix, out=patches.reshape(-1, plan.columns))
            add_patches(patches, gradient, first, plan.height, plan.spans, plan.steps)

    for_pieces(task, cut(len(gradient), 1 + plan.lines_per_piece // max(1, plan.height)))
    return gradient.reshape(input_shape)


conv_layer_gradients = layer_gradients(conv_input_gradient, conv_kernel_gradient)


@compiled
def fill_patches(x, patches, first_line, lines, spans, steps):
    """im2col: x `(batch, height, width · channels)` to patches `(lines, positions, runs, run)`.

    A run is the channels of one tap, or of a whole row of taps; `lines` is the number of lines in
    an image. Short slices that start at 0 let the compiler use vector instructions.
    """
    stride_down, stride, top, step_down = steps
    height = x.shape[1]
    block, positions, runs, run = patches.shape
    across = len(spans)
    for line in range(block):
        image, output_row = divmod(first_line + line, lines)
        for number in range(runs):
            row = output_row * stride_down + number // across * step_down - top
            start, stop, shift = spans[number % across]
            if row < 0 or row >= height:
                start = stop = positions
            for position in range(start):
                target = patches[line, position, number]
                for i in range(run):
                    target[i] = 0
            for position in range(start, stop):
                target = patches[line, position, number]
                source = x[image, row, position * stride + shift :]
                for i in range(run):
                    target[i] = source[i]
            for position in range(stop, positions):
                target = patches[line, position, number]
                for i in range(run):
                    target[i] = 0


@compiled
def add_patches(patches, gradient, first_line, lines, spans, steps):
    """col2im: adds `patches` to `gradient`, the adjoint of `fill_patches`."""
    stride_down, stride, top, step_down = steps
    height = gradient.shape[1]
    block, _, runs, run = patches.shape
    across = len(spans)
    for line in range(block):
        image, output_row = divmod(first_line + line, lines)
        for number in range(runs):
            row = output_row * stride_down + number // across * step_down - top
            if row < 0 or row >= height:
                continue
            start, stop, shift = spans[number % across]
            for position in range(start, stop):
                source = patches[line, position, number]
                target = gradient[image, row, position * stride + shift :]
                for i in range(run):
                    target[i] += source[i]
