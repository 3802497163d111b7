"""Max pooling over windows of 2 × 2 that lie side by side, which is nearly all there is.

The general loops of `pool.py` begin anew for each pixel of each window; here the four pixels of a
window are read together, so that a loop along the channels does the whole window.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compile import compiled


@compiled
def max_pool(first, last, x, y):
    """The largest of each window of the images `first` to `last`."""
    for image in range(first, last):
        for line in range(y.shape[1]):
            upper, lower = x[image, 2 * line], x[image, 2 * line + 1]
            for position in range(y.shape[2]):
                a, b = upper[2 * position], upper[2 * position + 1]
                c, d = lower[2 * position], lower[2 * position + 1]
                largest = y[image, line, position]
                for i in range(len(largest)):
                    largest[i] = _larger(_larger(_larger(a[i], b[i]), c[i]), d[i])


@compiled
def max_pool_gradient(first, last, x, cotangent, gradient):
    """Writes each window's cotangent to its first maximum, and zeros to the other three."""
    winners = np.empty(x.shape[3], x.dtype)
    zero, one = x.dtype.type(0), x.dtype.type(1)
    two, three = x.dtype.type(2), x.dtype.type(3)
    for image in range(first, last):
        for line in range(cotangent.shape[1]):
            for position in range(cotangent.shape[2]):
                row, column = 2 * line, 2 * position
                a, b = x[image, row, column], x[image, row, column + 1]
                c, d = x[image, row + 1, column], x[image, row + 1, column + 1]
                for i in range(len(winners)):
                    largest, winner = a[i], zero
                    winner = one if _beats(b[i], largest) else winner
                    largest = _larger(largest, b[i])
                    winner = two if _beats(c[i], largest) else winner
                    largest = _larger(largest, c[i])
                    winners[i] = three if _beats(d[i], largest) else winner
                source = cotangent[image, line, position]
                # One target at a time: the compiler gives up on too many arrays that may overlap.
                _where(winners, zero, source, gradient[image, row, column])
                _where(winners, one, source, gradient[image, row, column + 1])
                _where(winners, two, source, gradient[image, row + 1, column])
                _where(winners, three, source, gradient[image, row + 1, column + 1])


@compiled
def _where(winners, pixel, source, target):
    zero = source.dtype.type(0)
    for i in range(len(target)):
        value = source[i]
        target[i] = value if winners[i] == pixel else zero


@compiled
def _larger(largest, value):
    return value if _beats(value, largest) else largest


@compiled
def _beats(value, largest):
    """NaN is larger than any number."""
    return (value > largest) | (value != value)
