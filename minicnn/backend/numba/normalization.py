"""Batch normalisation and its gradient, with two passes over memory each.

    forward    x → μ, σ²            then   x → y = relu((x − μ) · scale + β), or relu6
    backward   ḡ, x → Σ ḡ, Σ ḡ (x − μ)     then   ḡ, x → x̄ = a ḡ + b (x − μ) + c

A batch of images is treated as a table: a row for each pixel, a column for each channel. Eight
channels are a vector. The rows are read in the order of memory, which is fast; one row of sums
stays in the cache. Sums in float32 are of BLOCK rows only: few enough for a small rounding error,
and for the rows to be still in the cache when their mean is known and their squares are summed.
Blocks are then combined in float64: two sets of n and m rows, with means μ and ν and sums of
squared distances from the mean S and T, have together

    the mean                        μ + (ν − μ) m / (n + m)
    the sum of squared distances    S + T + (ν − μ)² n m / (n + m).

Nothing cancels, even if the mean is far from zero.

x̄ is the formula of `backend/numpy/fused_layers.py`, with the factors a, b and c of each channel
computed first: a = γ / √(σ² + ε), b = −a Σ ḡ (x − μ) / (n (σ² + ε)), c = −a Σ ḡ / n.

Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
variances" (1979), eq. 2.1.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.activations import before_ending, ended, ending_of
from minicnn.backend.numba.arithmetic import channel_sums, sum, sums_channels
from minicnn.backend.numba.compiler.compile import compiled, contiguous, part, same_float
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    load,
    load_first,
    multiply_add,
    splat,
    store,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numpy import fused_layers
from minicnn.backend.numpy import normalization as definition

BLOCK = 32  # rows
PIECE_ELEMENTS = 65_536  # least number in a piece of work


def moments(
    x: np.ndarray, axes: int | tuple[int, ...], keepdims: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance over `axes`; see `backend/numpy/normalization.py`."""
    if not sums_channels(x, axes):
        return definition.moments(x, axes, keepdims)
    if _fits_vectors(x):
        mean, variance = (m.astype(x.dtype) for m in _moments_of_rows(_rows(x)))
    else:
        count = x.dtype.type(x.size // x.shape[-1])
        mean = sum(x, tuple(range(x.ndim - 1))) / count
        variance = channel_sums(_sum_squares, x, mean) / count
    shape = (*(1,) * (x.ndim - 1), -1) if keepdims else (-1,)
    return mean.reshape(shape), variance.reshape(shape)


def batch_norm_layer(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float, activation: str = "linear"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`activation(γ · (x − μ) / √(σ² + ε) + β)`, μ and σ²; see `backend/numpy/fused_layers.py`."""
    if not _fits_vectors(x, gamma, beta):
        return fused_layers.batch_norm_layer(x, gamma, beta, epsilon, activation)
    rows = _rows(x)
    mean, variance = _moments_of_rows(rows)
    scale = gamma / np.sqrt(variance + epsilon)
    y = _normalized(rows, mean, scale, beta, activation)
    return y.reshape(x.shape), mean.astype(x.dtype), variance.astype(x.dtype)


def batch_norm_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    activation: str = "linear",
) -> fused_layers.Gradients:
    """Cotangents of x, γ and β of `batch_norm_layer`; see `backend/numpy/fused_layers.py`."""
    if not _fits_vectors(x, cotangent, y, gamma, mean, variance):
        return fused_layers.batch_norm_layer_gradients(
            cotangent, x, y, gamma, mean, variance, epsilon, activation
        )
    arrays = _rows(cotangent), _rows(x), _rows(y)
    count, channels = arrays[0].shape
    ending = ending_of(activation)
    bounds = _cut(arrays[0])
    totals = np.zeros((len(bounds) - 1, 2, channels))
    share(_sum_cotangents, bounds, *arrays, mean, totals, ending)
    beta_gradient, products = totals.sum(0)
    inverse = 1 / np.sqrt(variance.astype(np.float64) + epsilon)
    a = gamma * inverse
    b, c = -a * inverse**2 * products / count, -a * beta_gradient / count
    factors = np.stack([mean, a, b, c]).astype(x.dtype)
    gradient = np.empty(x.shape, x.dtype)
    share(_combine, bounds, *arrays, factors, _rows(gradient), ending)
    return gradient, (inverse * products).astype(x.dtype), beta_gradient.astype(x.dtype)


def scale_and_shift(
    x: np.ndarray, scale: np.ndarray, offset: np.ndarray, activation: str = "linear"
) -> np.ndarray:
    """`activation(x · scale + offset)`, channel by channel; see `backend/numpy/fused_layers.py`."""
    if not _fits_vectors(x, scale, offset):
        return fused_layers.scale_and_shift(x, scale, offset, activation)
    return _normalized(_rows(x), np.zeros_like(scale), scale, offset, activation).reshape(x.shape)


def _fits_vectors(x: np.ndarray, *others: np.ndarray) -> bool:
    return x.dtype == np.float32 and x.size > 0 and x.shape[-1] >= WIDTH and same_float(x, *others)


def _rows(x: np.ndarray) -> np.ndarray:
    """`(pixels, channels)`."""
    (x,) = contiguous(x)
    return x.reshape(-1, x.shape[-1])


def _cut(rows: np.ndarray) -> np.ndarray:
    return cut(len(rows), 1 + PIECE_ELEMENTS // rows.shape[1])


def _moments_of_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each column, in float64."""
    bounds = _cut(rows)
    means, squares = np.zeros((2, len(bounds) - 1, rows.shape[1]))
    share(_sum_up, bounds, rows, means, squares)
    counts = np.diff(bounds)[:, None]
    mean = (means * counts).sum(0) / len(rows)
    return mean, (squares + counts * (means - mean) ** 2).sum(0) / len(rows)


def _normalized(
    rows: np.ndarray, mean: np.ndarray, scale: np.ndarray, offset: np.ndarray, activation: str
) -> np.ndarray:
    y = np.empty_like(rows)
    factors = np.stack([mean, scale, offset]).astype(rows.dtype)
    share(_normalize, _cut(rows), rows, factors, y, ending_of(activation))
    return y


@compiled
def _sum_up(work, rows, means, squares):
    """Mean, and sum of squared distances from it, of each column of each piece of the rows."""
    channels = rows.shape[1]
    sums = np.empty((3, _lanes(channels)), np.float32)
    for piece, start, stop in pieces(work):
        for first in range(start, stop, BLOCK):
            count = min(BLOCK, stop - first)
            _sum_block(address_of(rows) + 4 * first * channels, channels, count, sums)
            before = first - start
            mean_share, square_share = count / (before + count), before * count / (before + count)
            for channel in range(channels):
                centre, rest = np.float64(sums[0, channel]), np.float64(sums[1, channel])
                distance = centre + rest / count - means[piece, channel]
                means[piece, channel] += distance * mean_share
                inside = sums[2, channel] - rest**2 / count
                squares[piece, channel] += inside + distance**2 * square_share


@part
def _sum_block(source, channels, count, sums):
    """Mean m, `Σ (x − m)` and `Σ (x − m)²` of each column of `count` rows.

    The second is the rounding error of the mean times `count`. Two rows are added at a time, so
    that the sums are loaded and stored half as often; an odd last row is added alone.
    """
    sums[...] = 0
    row, step = 4 * channels, 4 * sums.shape[1]
    centre, rest, squares = address_of(sums), address_of(sums) + step, address_of(sums) + 2 * step
    share = splat(np.float32(1) / np.float32(count))
    for i in range(source, source + (count - 1) * row, 2 * row):
        for c in range(0, row, BYTES):
            both = _read(i + c, row - c) + _read(i + row + c, row - c)
            store(centre + c, load(centre + c) + both)
    last = source + (count - 1) * row
    for c in range(0, row, BYTES):
        total = load(centre + c)
        if count % 2:
            total = total + _read(last + c, row - c)
        store(centre + c, total * share)
    for i in range(source, source + (count - 1) * row, 2 * row):
        for c in range(0, row, BYTES):
            mean = load(centre + c)
            a, b = _read(i + c, row - c) - mean, _read(i + row + c, row - c) - mean
            store(rest + c, load(rest + c) + (a + b))
            store(squares + c, multiply_add(a, a, multiply_add(b, b, load(squares + c))))
    if count % 2:
        for c in range(0, row, BYTES):
            a = _read(last + c, row - c) - load(centre + c)
            store(rest + c, load(rest + c) + a)
            store(squares + c, multiply_add(a, a, load(squares + c)))


@part
def _lanes(channels):
    """The number of channels, rounded up to a multiple of eight."""
    return -(-channels // WIDTH) * WIDTH


@part
def _read(address, left):
    """Eight numbers, or those in the `left` bytes and zeros."""
    return load(address) if left >= BYTES else load_first(address, left // 4)


@compiled
def _normalize(work, rows, factors, y, ending):
    channels = rows.shape[1]
    mean = address_of(factors)
    scale, offset = mean + 4 * channels, mean + 8 * channels
    for _, start, stop in pieces(work):
        for i in range(start, stop):
            for first_channel in range(0, channels, WIDTH):
                c = 4 * min(first_channel, channels - WIDTH)
                place = 4 * i * channels + c
                distance = load(address_of(rows) + place) - load(mean + c)
                value = multiply_add(distance, load(scale + c), load(offset + c))
                store(address_of(y) + place, ended(value, ending))


@compiled
def _sum_cotangents(work, cotangent, x, y, mean, totals, ending):
    """`Σ ḡ` and `Σ ḡ (x − μ)` of each column of each piece of the rows."""
    channels = x.shape[1]
    sums = np.empty((2, _lanes(channels)), np.float32)
    places = address_of(cotangent), address_of(x), address_of(y)
    for piece, start, stop in pieces(work):
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            sums[...] = 0
            for i in range(first, last - 1, 2):
                _add_rows(places, i, 2, address_of(mean), channels, sums, ending)
            if (last - first) % 2:
                _add_rows(places, last - 1, 1, address_of(mean), channels, sums, ending)
            for channel in range(channels):
                totals[piece, 0, channel] += sums[0, channel]
                totals[piece, 1, channel] += sums[1, channel]


@part
def _add_rows(places, number, count, mean, channels, sums, ending):
    """Adds one row, or two (as in `_sum_block`), from row `number` on."""
    cotangent, x, y = places
    row = 4 * channels
    totals, products = address_of(sums), address_of(sums) + 4 * sums.shape[1]
    for c in range(0, row, BYTES):
        left, place = row - c, number * row + c
        centre = _read(mean + c, left)
        g = _activation_gradient(_read(cotangent + place, left), y + place, left, ending)
        total, product = g, multiply_add(g, _read(x + place, left) - centre, load(products + c))
        if count == 2:
            place += row
            g = _activation_gradient(_read(cotangent + place, left), y + place, left, ending)
            total = total + g
            product = multiply_add(g, _read(x + place, left) - centre, product)
        store(totals + c, load(totals + c) + total)
        store(products + c, product)


@part
def _activation_gradient(g, y, left, ending):
    """The cotangent of the activation's input, from that of its result."""
    return before_ending(g, _read(y, left), ending) if ending[0] else g


@compiled
def _combine(work, cotangent, x, y, factors, gradient, ending):
    channels = x.shape[1]
    mean, step = address_of(factors), 4 * channels
    factor = mean + step
    for _, start, stop in pieces(work):
        for i in range(start, stop):
            for first_channel in range(0, channels, WIDTH):
                c = 4 * min(first_channel, channels - WIDTH)
                place = i * step + c
                distance = load(address_of(x) + place) - load(mean + c)
                a, b, shift = load(factor + c), load(factor + step + c), load(factor + 2 * step + c)
                g = load(address_of(cotangent) + place)
                if ending[0]:
                    g = before_ending(g, load(address_of(y) + place), ending)
                value = multiply_add(g, a, multiply_add(distance, b, shift))
                store(address_of(gradient) + place, value)


@compiled
def _sum_squares(start, stop, rows, total, mean):
    for i in range(start, stop):
        row = rows[i]
        for j in range(len(total)):
            total[j] += (row[j] - mean[j]) ** 2
