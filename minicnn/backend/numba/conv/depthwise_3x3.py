"""Depthwise convolution with 3 × 3 taps, the usual size: all nine taps stay in registers.

    y[r, p] = activation(bias + Σ_kl x[r · stride + k - top, p · stride + l - left] · w[k, l])

`_convolve` computes eight channels of four neighbouring pixels of a row together. With stride 1
these read six columns of each of three rows, so a vector that is loaded is used in up to three sums
(numbers: the pixel of the result in whose sum the column is):

    column         a      b      c      d      e      f
    left tap       0      1      2      3
    middle tap            0      1      2      3
    right tap                    0      1      2      3

36 multiply-adds (18 cycles) need 18 loads (9 cycles). With stride 2 it is nine columns.

With stride 1 the adjoint in x is the same convolution with the taps turned around. With stride 2,
`_input_gradient` computes two neighbouring pixels of dx from two of dy: an even one, which the left
tap reads at j and the right tap at j - 1, and an odd one, which the middle tap reads at j.

The adjoint in the kernel has nine sums over all pixels, which stay in registers for a row.

Rows outside of the image are read from a row of zeros. Columns outside count as zero: at most one
on each side, so only the first and the last pixels must look.

Three rows are read at the same time, in the adjoint in the kernel also with gaps, so the processor
does not load what follows in advance. Instructions (prefetch) load the rows that the next row of y
reads: that halves the time for images that come from main memory.
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.backend.numba.activations import ended, ending_of
from minicnn.backend.numba.compiler.compile import compiled, inlined, part
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    load,
    multiply_add,
    prefetch,
    store,
    zero,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.common.sliding_windows import Padding, Sizes

TAPS = 3
LINE = 64  # bytes of a line of the cache
PIXELS = 4  # that are computed together
PIECE_OPERATIONS = 100_000  # least number of multiplications in a piece of work


def fits(
    x: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    size: Sizes,
) -> bool:
    """Whether `convolve` and `kernel_gradient` are for this input and a result of this size."""
    return (
        x.dtype == np.float32
        and x.shape[-1] >= WIDTH
        and tuple(kernel_size) == (TAPS, TAPS)
        and strides in ((1, 1), (2, 2))
        and tuple(dilation) == (1, 1)
        and max(padding[1]) <= 1
        and size[1] >= PIXELS
    )


def turned(padding: Padding) -> Padding:
    """The padding of the convolution with stride 1 that is the adjoint in x."""
    return tuple((TAPS - 1 - before, TAPS - 1 - after) for before, after in padding)


def convolve(
    x: np.ndarray,
    taps: np.ndarray,
    bias: np.ndarray,
    size: Sizes,
    stride: int,
    padding: Padding,
    activation: str = "linear",
) -> np.ndarray:
    """The convolution plus the bias, and the activation; `taps` `(3, 3, channels)`."""
    y = np.empty((len(x), *size, x.shape[-1]), np.float32)
    taps, bias = np.ascontiguousarray(taps), np.ascontiguousarray(bias)
    geometry = stride, padding[0][0], padding[1][0]
    share(_convolve, _lines(y), x, taps, bias, y, geometry, ending_of(activation))
    return y


def input_gradient(
    cotangent: np.ndarray, taps: np.ndarray, size: Sizes, stride: int, padding: Padding
) -> np.ndarray:
    """The adjoint in the input, whose height and width are `size`."""
    if stride == 1:
        nothing = np.zeros(cotangent.shape[-1], np.float32)
        return convolve(cotangent, taps[::-1, ::-1], nothing, size, 1, turned(padding))
    gradient = np.empty((len(cotangent), *size, cotangent.shape[-1]), np.float32)
    corner = padding[0][0], padding[1][0]
    taps = np.ascontiguousarray(taps)
    share(_input_gradient, _lines(gradient), cotangent, taps, gradient, corner)
    return gradient


def kernel_gradient(
    x: np.ndarray, cotangent: np.ndarray, stride: int, padding: Padding
) -> np.ndarray:
    """The adjoint in the kernel, (3, 3, channels)."""
    channels = x.shape[-1]
    bounds = cut(len(x), 1 + PIECE_OPERATIONS // (TAPS * TAPS * math.prod(cotangent.shape[1:])))
    vectors = -(-channels // WIDTH)
    sums = np.zeros((len(bounds) - 1, TAPS * TAPS, vectors * WIDTH), np.float32)
    geometry = stride, padding[0][0], padding[1][0]
    share(_kernel_gradient, bounds, x, cotangent, sums, geometry)
    total = sums.sum(0).reshape(TAPS, TAPS, -1)
    gradient = np.empty((TAPS, TAPS, channels), np.float32)
    gradient[..., : WIDTH * (vectors - 1)] = total[..., :-WIDTH]
    gradient[..., -WIDTH:] = total[..., -WIDTH:]
    return gradient


def _lines(y: np.ndarray) -> np.ndarray:
    """The bounds of pieces of all rows of all images."""
    return cut(len(y) * y.shape[1], 1 + PIECE_OPERATIONS // (TAPS * TAPS * math.prod(y.shape[2:])))


@part
def _row(x, image, row, zeros):
    """The address of a row of an image, or of zeros where it is outside."""
    _, height, width, channels = x.shape
    if row < 0 or row >= height:
        return address_of(zeros)
    return address_of(x) + 4 * channels * width * (image * height + row)


@inlined
def _three_vectors(at, apart):
    return load(at), load(at + apart), load(at + 2 * apart)


@inlined
def _four_sums(sums, taps, at, pixel, inside):
    """Adds a row of taps to the sums of four pixels, with stride 1; `at`: the first column."""
    s0, s1, s2, s3 = sums
    left, middle, right = taps
    a = load(at) if inside[0] else zero()
    b, c, d, e = load(at + pixel), load(at + 2 * pixel), load(at + 3 * pixel), load(at + 4 * pixel)
    f = load(at + 5 * pixel) if inside[1] else zero()
    s0 = multiply_add(c, right, multiply_add(b, middle, multiply_add(a, left, s0)))
    s1 = multiply_add(d, right, multiply_add(c, middle, multiply_add(b, left, s1)))
    s2 = multiply_add(e, right, multiply_add(d, middle, multiply_add(c, left, s2)))
    s3 = multiply_add(f, right, multiply_add(e, middle, multiply_add(d, left, s3)))
    return s0, s1, s2, s3


@inlined
def _four_sums_apart(sums, taps, at, pixel, inside):
    """The same with stride 2."""
    s0, s1, s2, s3 = sums
    left, middle, right = taps
    a = load(at) if inside[0] else zero()
    c, e, g = load(at + 2 * pixel), load(at + 4 * pixel), load(at + 6 * pixel)
    i = load(at + 8 * pixel) if inside[1] else zero()
    s0 = multiply_add(c, right, multiply_add(load(at + pixel), middle, multiply_add(a, left, s0)))
    s1 = multiply_add(
        e, right, multiply_add(load(at + 3 * pixel), middle, multiply_add(c, left, s1))
    )
    s2 = multiply_add(
        g, right, multiply_add(load(at + 5 * pixel), middle, multiply_add(e, left, s2))
    )
    s3 = multiply_add(
        i, right, multiply_add(load(at + 7 * pixel), middle, multiply_add(g, left, s3))
    )
    return s0, s1, s2, s3


@compiled
def _convolve(work, x, taps, bias, y, geometry, ending):
    """If fewer than four pixels are left in a row, the last four are computed, some again."""
    stride, top, left = geometry
    _, height, width, channels = y.shape
    pixel, columns = 4 * channels, x.shape[2]
    zeros = np.zeros(columns * channels, np.float32)
    for _, start, stop in pieces(work):
        for line in range(start, stop):
            image, row = line // height, line % height * stride - top
            above = _row(x, image, row, zeros)
            here = _row(x, image, row + 1, zeros)
            below = _row(x, image, row + 2, zeros)
            target = address_of(y) + pixel * width * line
            ahead = address_of(x) + pixel * columns * (image * x.shape[1] + row + TAPS)
            for following in range(0, width, PIXELS):
                p = min(following, width - PIXELS)
                column = p * stride - left
                inside = column >= 0, column + (PIXELS - 1) * stride + 2 < columns
                for first in range(0, channels, WIDTH):
                    c = 4 * min(first, channels - WIDTH)
                    w, at = address_of(taps) + c, c + pixel * column
                    above_taps = _three_vectors(w, pixel)
                    here_taps = _three_vectors(w + 3 * pixel, pixel)
                    below_taps = _three_vectors(w + 6 * pixel, pixel)
                    b = load(address_of(bias) + c)
                    sums = b, b, b, b
                    if stride == 1:
                        sums = _four_sums(sums, above_taps, above + at, pixel, inside)
                        sums = _four_sums(sums, here_taps, here + at, pixel, inside)
                        sums = _four_sums(sums, below_taps, below + at, pixel, inside)
                    else:
                        sums = _four_sums_apart(sums, above_taps, above + at, pixel, inside)
                        sums = _four_sums_apart(sums, here_taps, here + at, pixel, inside)
                        sums = _four_sums_apart(sums, below_taps, below + at, pixel, inside)
                    for k in range(2 * stride * stride):
                        prefetch(ahead + LINE * k)
                    ahead += 2 * LINE * stride * stride
                    place = target + pixel * p + c
                    store(place, ended(sums[0], ending))
                    store(place + pixel, ended(sums[1], ending))
                    store(place + 2 * pixel, ended(sums[2], ending))
                    store(place + 3 * pixel, ended(sums[3], ending))


@compiled
def _input_gradient(work, cotangent, taps, gradient, corner):
    """For stride 2. Rows are even or odd like columns: two rows of taps read an even one."""
    top, left = corner
    _, height, width, channels = gradient.shape
    pixel, columns = 4 * channels, cotangent.shape[2]
    zeros = np.zeros(columns * channels, np.float32)
    for _, start, stop in pieces(work):
        for line in range(start, stop):
            image, number = line // height, line % height + top
            even = number % 2 == 0
            here = _row(cotangent, image, number // 2, zeros)
            above = _row(cotangent, image, number // 2 - 1, zeros)
            for first in range(0, channels, WIDTH):
                c = 4 * min(first, channels - WIDTH)
                w = address_of(taps) + c
                left_tap, middle, right = _three_vectors(w + (0 if even else 3 * pixel), pixel)
                above_left, above_middle, above_right = _three_vectors(w + 6 * pixel, pixel)
                target = address_of(gradient) + pixel * width * line + c
                before = before_above = zero()
                for j in range((width - 1 + left) // 2 + 1):
                    q, at = 2 * j - left, c + pixel * j
                    g = load(here + at) if j < columns else zero()
                    one = multiply_add(before, right, g * left_tap)
                    two = g * middle
                    before = g
                    if even:
                        g = load(above + at) if j < columns else zero()
                        one = multiply_add(before_above, above_right, one)
                        one = multiply_add(g, above_left, one)
                        two = multiply_add(g, above_middle, two)
                        before_above = g
                    if q >= 0:
                        store(target + pixel * q, one)
                    if q + 1 < width:
                        store(target + pixel * (q + 1), two)


@inlined
def _add_pixel(sums, g, rows, at, pixel, inside):
    """Adds what one pixel of the cotangent gives to the nine sums."""
    above, here, below = rows
    first, second, third = sums
    return (
        _add_products(first, g, above + at, pixel, inside),
        _add_products(second, g, here + at, pixel, inside),
        _add_products(third, g, below + at, pixel, inside),
    )


@inlined
def _add_products(sums, g, at, pixel, inside):
    left, middle, right = sums
    if inside[0]:
        left = multiply_add(load(at), g, left)
    middle = multiply_add(load(at + pixel), g, middle)
    if inside[1]:
        right = multiply_add(load(at + 2 * pixel), g, right)
    return left, middle, right


@inlined
def _add_sums(at, apart, sums):
    store(at, load(at) + sums[0])
    store(at + apart, load(at + apart) + sums[1])
    store(at + 2 * apart, load(at + 2 * apart) + sums[2])


@compiled
def _kernel_gradient(work, x, cotangent, sums, geometry):
    """Sums of rows in registers, which are added to those of the piece in memory."""
    stride, top, left = geometry
    _, height, width, channels = cotangent.shape
    pixel, columns, summed = 4 * channels, x.shape[2], 4 * sums.shape[2]
    last = width - 1
    ends = left == 0, last * stride - left + 2 < columns
    zeros = np.zeros(columns * channels, np.float32)
    for piece, start, stop in pieces(work):
        for line in range(start * height, stop * height):
            image, row = line // height, line % height * stride - top
            above = _row(x, image, row, zeros)
            here = _row(x, image, row + 1, zeros)
            below = _row(x, image, row + 2, zeros)
            ahead = address_of(x) + pixel * columns * (image * x.shape[1] + row + TAPS)
            for v in range(sums.shape[2] // WIDTH):
                c = 4 * min(WIDTH * v, channels - WIDTH)
                rows = above + c, here + c, below + c
                nothing = zero(), zero(), zero()
                g = address_of(cotangent) + pixel * width * line + c
                total = nothing, nothing, nothing
                total = _add_pixel(total, load(g), rows, -left * pixel, pixel, (ends[0], True))
                for p in range(1, last):
                    at = pixel * (p * stride - left)
                    total = _add_pixel(total, load(g + pixel * p), rows, at, pixel, (True, True))
                    if c % LINE == 0:
                        prefetch(g + pixel * (width + p))
                        for down in range(stride):
                            for across in range(stride):
                                prefetch(ahead + at + c + pixel * (columns * down + across))
                at = pixel * (last * stride - left)
                g = load(g + pixel * last)
                total = _add_pixel(total, g, rows, at, pixel, (True, ends[1]))
                place = address_of(sums) + 9 * summed * piece + BYTES * v
                _add_sums(place, summed, total[0])
                _add_sums(place + 3 * summed, summed, total[1])
                _add_sums(place + 6 * summed, summed, total[2])
