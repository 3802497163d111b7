"""Depthwise convolution with eight channels at a time, whose sums stay in registers.

A pixel of the result is a sum over the taps of the kernel, for each channel by itself:

    y[p] = bias + Σ_k x[p · stride + k · dilation - top] · w[k]            forward
    dx[q] = Σ_k dy[(q + top - k · dilation) / stride] · w[k]              its adjoint in x

Both are the same loop, `_gather`: a pixel reads some pixels of a source, from a first one on at
equal steps, and as many taps. Tables say where it begins, one for the rows and one for the columns;
at the edges fewer taps are read, and with strides every other pixel of dx reads other taps. Four
pixels that read the same taps are computed together: a tap is loaded once for all four, and their
sums do not wait for each other (a multiply-add can begin in each half cycle, but its result is
ready only after four). The adjoint in the kernel sums over pixels instead, in four sums at a time.

If the number of channels is not a multiple of eight, the last vector reaches back over channels
that were computed before, and gives the same again.
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, inlined, part
from minicnn.backend.numba.conv.depthwise_reads import (
    FOUR,
    Axis,
    Reads,
    read_backward,
    read_forward,
    units,
)
from minicnn.backend.numba.conv.window import tap_spans
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    load,
    multiply_add,
    store,
    zero,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.common.sliding_windows import Padding, Sizes

PIECE_OPERATIONS = 100_000  # least number of multiplications in a piece of work


def fits(x: np.ndarray, strides: Sizes, dilation: Sizes) -> bool:
    """Whether the functions below are for this input."""
    either = all(1 in pair for pair in zip(strides, dilation, strict=True))
    return x.dtype == np.float32 and x.shape[-1] >= WIDTH and either


def convolve(
    x: np.ndarray,
    taps: np.ndarray,
    bias: np.ndarray,
    size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The convolution plus the bias; `taps` has the shape (height, width, channels)."""
    axes = _axes(x.shape[1:3], size, taps, strides, padding, dilation)
    return _gathered(x, taps, bias, size, [read_forward(axis) for axis in axes])


def input_gradient(
    cotangent: np.ndarray,
    taps: np.ndarray,
    size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint in the input, whose height and width are `size`."""
    axes = _axes(size, cotangent.shape[1:3], taps, strides, padding, dilation)
    nothing = np.zeros(cotangent.shape[-1], np.float32)
    return _gathered(cotangent, taps, nothing, size, [read_backward(axis) for axis in axes])


def kernel_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint in the kernel, (height, width, channels)."""
    width, positions, channels = x.shape[2], cotangent.shape[2], x.shape[3]
    spans = tap_spans(width, positions, kernel_size[1], strides[1], padding[1], dilation[1])
    bounds = cut(
        len(x), 1 + PIECE_OPERATIONS // max(1, math.prod(kernel_size) * cotangent[:1].size)
    )
    vectors = -(-channels // WIDTH)
    sums = np.zeros((len(bounds) - 1, *kernel_size, vectors * WIDTH), np.float32)
    steps = (*strides, padding[0][0], dilation[0])
    share(_kernel_gradient, bounds, x, cotangent, sums, spans, steps)
    total = sums.sum(0)
    gradient = np.empty((*kernel_size, channels), np.float32)
    gradient[..., : WIDTH * (vectors - 1)] = total[..., :-WIDTH]
    gradient[..., -WIDTH:] = total[..., -WIDTH:]
    return gradient


def _axes(
    size: Sizes,
    outputs: Sizes,
    taps: np.ndarray,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> list[Axis]:
    return [
        Axis(size[i], outputs[i], taps.shape[i], strides[i], padding[i][0], dilation[i])
        for i in (0, 1)
    ]


def _gathered(
    source: np.ndarray, taps: np.ndarray, bias: np.ndarray, size: Sizes, reads: list[Reads]
) -> np.ndarray:
    down, across = reads
    target = np.empty((len(source), *size, source.shape[-1]), np.float32)
    if target.size == 0:
        return target
    in_fours = units(across.table.tobytes(), size[1], *across.apart)
    bounds = cut(len(source) * size[0], 1 + PIECE_OPERATIONS // (taps.size * size[1]))
    steps = (*down.steps, *across.steps, *across.apart)
    taps, bias = np.ascontiguousarray(taps), np.ascontiguousarray(bias)
    share(_gather, bounds, source, taps, bias, target, down.table, in_fours, steps)
    return target


@part
def _vector(number, channels):
    """The offset in bytes of a vector of channels."""
    return 4 * min(WIDTH * number, channels - WIDTH)


@inlined
def _one_sum(start, counts, reads, factors):
    """The sum of a pixel; `reads` and `factors` are an address, and steps down and across."""
    s = start
    read, read_down, read_across = reads
    factor, factor_down, factor_across = factors
    down, across = counts
    for i in range(down):
        x, w = read + i * read_down, factor + i * factor_down
        for _ in range(across):
            s = multiply_add(load(w), load(x), s)
            x += read_across
            w += factor_across
    return s


@inlined
def _four_sums(start, counts, reads, factors, apart):
    """The same for four pixels, which read what is `apart` bytes apart."""
    s0, s1, s2, s3 = start, start, start, start
    read, read_down, read_across = reads
    factor, factor_down, factor_across = factors
    down, across = counts
    for i in range(down):
        x, w = read + i * read_down, factor + i * factor_down
        for _ in range(across):
            tap = load(w)
            s0 = multiply_add(tap, load(x), s0)
            s1 = multiply_add(tap, load(x + apart), s1)
            s2 = multiply_add(tap, load(x + 2 * apart), s2)
            s3 = multiply_add(tap, load(x + 3 * apart), s3)
            x += read_across
            w += factor_across
    return s0, s1, s2, s3


@compiled
def _gather(work, source, taps, bias, target, rows, units, steps):
    step_down, tap_step_down, step, tap_step, apart, source_apart = steps
    _, height, width, channels = target.shape
    pixel = 4 * channels
    row_bytes, tap_bytes = pixel * source.shape[2], pixel * taps.shape[1]
    x, w, b, y = address_of(source), address_of(taps), address_of(bias), address_of(target)
    for _, start, stop in pieces(work):
        for line in range(start, stop):
            first_row, first_tap_row, down = rows[line % height]
            row_at = x + row_bytes * (line // height * source.shape[1] + first_row)
            tap_row_at = w + tap_bytes * first_tap_row
            for unit in range(len(units)):
                position, four, column, tap, across = units[unit]
                place = y + pixel * (line * width + position)
                for first in range(0, channels, WIDTH):
                    offset = 4 * min(first, channels - WIDTH)
                    bias_there, at = load(b + offset), place + offset
                    read = row_at + pixel * column + offset
                    factor = tap_row_at + pixel * tap + offset
                    counts = down, across
                    reads = read, step_down * row_bytes, step * pixel
                    factors = factor, tap_step_down * tap_bytes, tap_step * pixel
                    if four:
                        four_sums = _four_sums(
                            bias_there, counts, reads, factors, source_apart * pixel
                        )
                        store(at, four_sums[0])
                        store(at + apart * pixel, four_sums[1])
                        store(at + 2 * apart * pixel, four_sums[2])
                        store(at + 3 * apart * pixel, four_sums[3])
                    else:
                        store(at, _one_sum(bias_there, counts, reads, factors))


@compiled
def _kernel_gradient(work, x, cotangent, sums, spans, steps):
    stride_down, stride, top, step_down = steps
    _, height, width, channels = x.shape
    _, lines, positions, _ = cotangent.shape
    pixel = 4 * channels
    source, right, total = address_of(x), address_of(cotangent), address_of(sums)
    _, taps_down, taps_across, summed = sums.shape
    for piece, start, stop in pieces(work):
        for line in range(start * lines, stop * lines):
            for down in range(taps_down):
                row = line % lines * stride_down + down * step_down - top
                if row < 0 or row >= height:
                    continue
                for across in range(taps_across):
                    first, last, shift = spans[across]
                    sum_at = total + 4 * summed * (
                        (piece * taps_down + down) * taps_across + across
                    )
                    pixels = (line // lines * height + row) * width + first * stride + shift
                    for v in range(summed // WIDTH):
                        offset = _vector(v, channels)
                        a = source + offset + pixel * pixels
                        b = right + offset + pixel * (line * positions + first)
                        s0, s1, s2, s3 = zero(), zero(), zero(), zero()
                        for _ in range((last - first) // FOUR):
                            s0 = multiply_add(load(a), load(b), s0)
                            s1 = multiply_add(load(a + stride * pixel), load(b + pixel), s1)
                            s2 = multiply_add(load(a + 2 * stride * pixel), load(b + 2 * pixel), s2)
                            s3 = multiply_add(load(a + 3 * stride * pixel), load(b + 3 * pixel), s3)
                            a += FOUR * stride * pixel
                            b += FOUR * pixel
                        for _ in range((last - first) % FOUR):
                            s0 = multiply_add(load(a), load(b), s0)
                            a += stride * pixel
                            b += pixel
                        place = sum_at + BYTES * v
                        store(place, load(place) + ((s0 + s1) + (s2 + s3)))
