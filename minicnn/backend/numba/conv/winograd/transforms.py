"""The transforms of Winograd convolution, of tiles with eight channels at a time.

They are defined in `__init__.py`. The product of a matrix and a line of numbers is written as the
few additions that it takes. A tile is transformed first row by row, then the result column by
column:

         tile               spare               result
    ┌ ─ ─ ─ ─ ─ ┐      ┌ ─ ─ ─ ─ ─ ┐      ┌ ┆ ┆ ┆ ┆ ┆ ┐
    │ rows, one │  ──► │  each of  │  ──► │ columns,  │
    │ by one    │      │  them: B ᵀd      │ one by one│
    └ ─ ─ ─ ─ ─ ┘      └ ─ ─ ─ ─ ─ ┘      └ ┆ ┆ ┆ ┆ ┆ ┘

A "line" is a tuple of vectors, whose length the compiler knows. It chooses the matrix: lines of six
belong to F(4 × 4, 3 × 3), lines of four to F(2 × 2, 3 × 3). The branch for the other size is not
compiled.

With the points 0, 1, -1, 2, -2, ∞ (or 0, 1, -1, ∞), at which polynomials are evaluated,

    six    ⎡4  0 -5  0  1  0⎤        ⎡1  1  1  1  1  0⎤        ⎡ 1/4    0    0 ⎤   four
           ⎢0 -4 -4  1  1  0⎥   Aᵀ = ⎢0  1 -1  2 -2  0⎥        ⎢-1/6 -1/6 -1/6 ⎥
    Bᵀ  =  ⎢0  4 -4 -1  1  0⎥        ⎢0  1  1  4  4  0⎥    G = ⎢-1/6  1/6 -1/6 ⎥
           ⎢0 -2 -1  2  1  0⎥        ⎣0  1 -1  8 -8  1⎦        ⎢1/24 1/12  1/6 ⎥
           ⎢0  2 -1 -2  1  0⎥                                  ⎢1/24 -1/12 1/6 ⎥
           ⎣0  4  0 -5  0  1⎦                                  ⎣  0    0    1  ⎦

Source: Lavin, Gray, "Fast algorithms for convolutional neural networks" (2016), section 4,
arXiv:1509.09308.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.machine.simd import (
    BYTES,
    add_line,
    at_least,
    at_most,
    load_line,
    multiply_add,
    splat,
    store_line,
    zero,
)
from minicnn.backend.numba.max_pool_2x2 import store_largest

ONE = np.float32(1)


@part
def transform_input(points, source, row, pixel, target, plane, spare):
    """`V = Bᵀ d B`, from a tile of the input to one number in each plane."""
    size = len(points)
    for i in range(size):
        line = input_line(load_line(points, source + i * row, pixel))
        store_line(spare + i * size * BYTES, BYTES, line)
    for j in range(size):
        line = input_line(load_line(points, spare + j * BYTES, size * BYTES))
        store_line(target + j * plane, size * plane, line)


@part
def transform_input_adjoint(points, source, plane, target, row, pixel, spare):
    """`X̄ += B V̄ Bᵀ`, the adjoint of `transform_input`."""
    size = len(points)
    for i in range(size):
        line = input_line_adjoint(load_line(points, source + i * size * plane, plane))
        store_line(spare + i * size * BYTES, BYTES, line)
    for j in range(size):
        line = input_line_adjoint(load_line(points, spare + j * BYTES, size * BYTES))
        add_line(target + j * pixel, row, line)


@part
def transform_output(points, source, plane, target, row, pixel, bias, bounds, spare):
    """`Y = Aᵀ M A + bias` in the bounds, from one number in each plane to a tile of the output."""
    size = len(points)
    _transform_output_rows(points, source, plane, spare)
    for j in range(size - 2):
        line = output_line(load_line(points, spare + j * BYTES, (size - 2) * BYTES))
        store_line(target + j * pixel, row, finished(line, bias, bounds))


@part
def transform_output_pooled(points, source, plane, target, argmax, row, pixel, bias, bounds, spare):
    """The same, then the maximum of each 2 × 2 numbers, and its argmax (0 to 3) as a byte.

    `row` and `pixel` count elements, which are four bytes at `target` and one byte at `argmax`, the
    address for the argmax, or 0 if it is not needed.
    """
    size = len(points)
    _transform_output_rows(points, source, plane, spare)
    for j in range(0, size - 2, 2):
        left = output_line(load_line(points, spare + j * BYTES, (size - 2) * BYTES))
        right = output_line(load_line(points, spare + (j + 1) * BYTES, (size - 2) * BYTES))
        left, right = finished(left, bias, bounds), finished(right, bias, bounds)
        at = j // 2 * pixel
        _store_largest(target, argmax, at, (left[0], right[0], left[1], right[1]))
        if len(points) == 6:
            at += row
            _store_largest(target, argmax, at, (left[2], right[2], left[3], right[3]))


@part
def _transform_output_rows(points, source, plane, spare):
    size = len(points)
    for i in range(size):
        line = output_line(load_line(points, source + i * size * plane, plane))
        store_line(spare + i * (size - 2) * BYTES, BYTES, line)


@part
def transform_output_adjoint(points, source, row, pixel, target, plane, spare):
    """`M̄ = A Ȳ Aᵀ`, the adjoint of `transform_output`; returns the sum of the tile."""
    size = len(points)
    total = zero()
    for i in range(size - 2):
        line = load_line(points[2:], source + i * row, pixel)
        total = total + sum_of_line(line)
        store_line(spare + i * size * BYTES, BYTES, output_line_adjoint(line))
    for j in range(size):
        line = output_line_adjoint(load_line(points[2:], spare + j * BYTES, size * BYTES))
        store_line(target + j * plane, size * plane, line)
    return total


@part
def transform_kernel(points, source, row, pixel, target, plane, spare):
    """`U = G g Gᵀ`, from a kernel of 3 × 3 to one number in each plane."""
    size = len(points)
    for i in range(3):
        line = kernel_line(points, load_line(points[:3], source + i * row, pixel))
        store_line(spare + i * size * BYTES, BYTES, line)
    for j in range(size):
        line = kernel_line(points, load_line(points[:3], spare + j * BYTES, size * BYTES))
        store_line(target + j * plane, size * plane, line)


@part
def transform_kernel_adjoint(points, source, plane, target, row, pixel, spare):
    """`ḡ = Gᵀ Ū G`, the adjoint of `transform_kernel`."""
    size = len(points)
    for i in range(size):
        line = kernel_line_adjoint(load_line(points, source + i * size * plane, plane))
        store_line(spare + i * 3 * BYTES, BYTES, line)
    for j in range(3):
        line = kernel_line_adjoint(load_line(points, spare + j * BYTES, 3 * BYTES))
        store_line(target + j * pixel, row, line)


@part
def input_line(d):
    """`Bᵀ d`."""
    if len(d) == 4:
        return d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]
    four, minus_five, two = splat(4 * ONE), splat(-5 * ONE), splat(2 * ONE)
    even, odd = d[4] - four * d[2], d[3] - four * d[1]
    even_two, odd_two = d[4] - d[2], two * (d[3] - d[1])
    return (
        multiply_add(four, d[0], multiply_add(minus_five, d[2], d[4])),
        even + odd,
        even - odd,
        even_two + odd_two,
        even_two - odd_two,
        multiply_add(four, d[1], multiply_add(minus_five, d[3], d[5])),
    )


@part
def input_line_adjoint(v):
    """`B v`."""
    if len(v) == 4:
        return v[0], v[1] - v[2] + v[3], v[2] + v[1] - v[0], zero() - v[3]
    four, minus_five, two = splat(4 * ONE), splat(-5 * ONE), splat(2 * ONE)
    sum_one, difference_one = v[1] + v[2], v[1] - v[2]
    sum_two, difference_two = v[3] + v[4], v[3] - v[4]
    return (
        four * v[0],
        four * (v[5] - difference_one) - two * difference_two,
        multiply_add(minus_five, v[0], zero() - sum_two) - four * sum_one,
        multiply_add(minus_five, v[5], multiply_add(two, difference_two, difference_one)),
        v[0] + sum_one + sum_two,
        v[5],
    )


@part
def output_line(m):
    """`Aᵀ m`."""
    if len(m) == 4:
        return m[0] + m[1] + m[2], m[1] - m[2] - m[3]
    sum_one, difference_one = m[1] + m[2], m[1] - m[2]
    sum_two, difference_two = m[3] + m[4], m[3] - m[4]
    return (
        m[0] + sum_one + sum_two,
        multiply_add(splat(2 * ONE), difference_two, difference_one),
        multiply_add(splat(4 * ONE), sum_two, sum_one),
        multiply_add(splat(8 * ONE), difference_two, difference_one) + m[5],
    )


@part
def output_line_adjoint(y):
    """`A y`."""
    if len(y) == 2:
        return y[0], y[0] + y[1], y[0] - y[1], zero() - y[1]
    two, four, eight = splat(2 * ONE), splat(4 * ONE), splat(8 * ONE)
    even, odd = y[0] + y[2], y[1] + y[3]
    even_two, odd_two = multiply_add(four, y[2], y[0]), multiply_add(eight, y[3], two * y[1])
    return y[0], even + odd, even - odd, even_two + odd_two, even_two - odd_two, y[3]


@part
def kernel_line(points, g):
    """`G g`."""
    if len(points) == 4:
        even, odd = splat(ONE / 2) * (g[0] + g[2]), splat(ONE / 2) * g[1]
        return g[0], even + odd, even - odd, g[2]
    even, odd = splat(-ONE / 6) * (g[0] + g[2]), splat(-ONE / 6) * g[1]
    even_two = multiply_add(splat(ONE / 24), g[0], splat(ONE / 6) * g[2])
    odd_two = splat(ONE / 12) * g[1]
    return (
        splat(ONE / 4) * g[0],
        even + odd,
        even - odd,
        even_two + odd_two,
        even_two - odd_two,
        g[2],
    )


@part
def kernel_line_adjoint(u):
    """`Gᵀ u`."""
    if len(u) == 4:
        even, odd = splat(ONE / 2) * (u[1] + u[2]), splat(ONE / 2) * (u[1] - u[2])
        return u[0] + even, odd, u[3] + even
    even, odd = splat(-ONE / 6) * (u[1] + u[2]), splat(-ONE / 6) * (u[1] - u[2])
    even_two, odd_two = u[3] + u[4], u[3] - u[4]
    return (
        multiply_add(splat(ONE / 4), u[0], multiply_add(splat(ONE / 24), even_two, even)),
        multiply_add(splat(ONE / 12), odd_two, odd),
        multiply_add(splat(ONE / 6), even_two, even) + u[5],
    )


@part
def finished(line, bias, bounds):
    """Bias and activation on each vector of an output line."""
    first, second = _inside(line[0] + bias, bounds), _inside(line[1] + bias, bounds)
    if len(line) == 2:
        return first, second
    return first, second, _inside(line[2] + bias, bounds), _inside(line[3] + bias, bounds)


@part
def _inside(y, bounds):
    """The activation: at least the first bound, at most the second, which may be NaN for none."""
    return at_most(at_least(y, bounds[0]), bounds[1])


@part
def sum_of_line(line):
    """The sum of the vectors of an output line."""
    if len(line) == 2:
        return line[0] + line[1]
    return line[0] + line[1] + (line[2] + line[3])


@part
def _store_largest(target, argmax, at, window):
    store_largest(target + 4 * at, argmax + at if argmax else 0, *window)
