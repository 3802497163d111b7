"""Operations that rearrange, repeat and surround elements."""

from __future__ import annotations

import numpy as np


def rot90(array, k=1, axes=(0, 1)):
    """Turned k times by a right angle, from the first axis to the second."""
    for _ in range(k % 4):
        array = np.swapaxes(array, *axes)
        array = np.take(array, range(array.shape[axes[0]])[::-1], axes[0])
    return array


def repeat(x, repeats, axis=None):
    """Each element along the axis, several times in succession."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    counts = np.broadcast_to(repeats, x.shape[axis : axis + 1] if axis >= 0 else x.shape[axis:][:1])
    return np.take(x, [i for i, count in enumerate(counts) for _ in range(count)], axis)


def _place(i, n, mode):
    """The position, of n, whose element is at position i outside of the array."""
    if mode == "edge":
        return min(max(i, 0), n - 1)
    if mode == "wrap":
        return i % n
    period = 2 * n if mode == "symmetric" else max(2 * n - 2, 1)
    i %= period
    return i if i < n else (period - 1 - i if mode == "symmetric" else period - i)


def pad(x, pad_width, mode="constant", constant_values=None):
    """Surrounded by a constant, or by the elements that the mode takes from within."""
    widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    for axis, (before, after) in enumerate(widths):
        n = x.shape[axis]
        places = range(-before, n + after)
        if mode == "constant":
            inside = np.take(x, [min(max(i, 0), n - 1) for i in places], axis)
            is_inside = np.array([0 <= i < n for i in places])
            is_inside = is_inside.reshape([-1] + [1] * (x.ndim - 1 - axis))
            x = np.where(is_inside, inside, np.asarray(constant_values or 0, x.dtype))
        else:
            x = np.take(x, [_place(i, n, mode) for i in places], axis)
    return x


def vander(x, N=None, increasing=False):
    """A column for each power of x, the highest first."""
    powers = range(len(x) if N is None else N)
    columns = [x**p for p in (powers if increasing else reversed(powers))]
    return np.stack(columns, -1)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """Numbers at equal distances, the last one `stop` if it is an end point."""
    start, stop = np.broadcast_arrays(start, stop)
    step = (stop - start) / (num - 1 if endpoint else num)
    numbers = np.stack([start + i * step for i in range(num)], axis).astype(dtype or step.dtype)
    return (numbers, step.astype(numbers.dtype)) if retstep else numbers


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Each number is the same multiple of the one before."""
    start, stop = np.broadcast_arrays(start, stop)
    factor = (stop / start) ** (1 / (num - 1 if endpoint else num))
    numbers = np.stack([start * factor**i for i in range(num)], axis)
    return numbers.astype(dtype or factor.dtype)


DEFINITIONS = {
    "geomspace": geomspace,
    "linspace": linspace,
    "pad": pad,
    "repeat": repeat,
    "rot90": rot90,
    "vander": vander,
}
