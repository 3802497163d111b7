"""Which input positions each output of a window depends on, along one axis.

Each function returns taps: for every tap of the window an array that has for each output the
position of the input element, or -1 where the tap lies outside (in the padding).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Taps = list[np.ndarray]


class Window(NamedTuple):
    """A window along one axis.

    Attributes:
        size: number of taps.
        stride: step between two outputs.
        dilation: step between two taps.
        before: length of the padding before the first element.
    """

    size: int
    stride: int = 1
    dilation: int = 1
    before: int = 0


def sliding(window: Window, length: int, outputs: int) -> Taps:
    """Of a convolution or pooling: output o has the elements `o · stride - before + t · dilation`.

    >>> [t.tolist() for t in sliding(Window(3, before=1), 4, 4)]
    [[-1, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, -1]]
    """
    first = np.arange(outputs) * window.stride - window.before
    return [_inside(first + t * window.dilation, length) for t in range(window.size)]


def spreading(window: Window, length: int, outputs: int) -> Taps:
    """Of a transposed convolution: input i goes to `i · stride - before + t · dilation`."""
    taps = []
    for t in range(window.size):
        scaled = np.arange(outputs) + window.before - t * window.dilation
        i = np.where(scaled % window.stride == 0, scaled // window.stride, -1)
        taps.append(_inside(i, length))
    return taps


def adaptive(length: int, outputs: int) -> Taps:
    """Of an adaptive pooling: output o has the elements from ⌊o·n/m⌋ up to ⌈(o+1)·n/m⌉."""
    o = np.arange(outputs)
    first, end = o * length // outputs, -(-(o + 1) * length // outputs)
    return [np.where(first + t < end, first + t, -1) for t in range(int((end - first).max()))]


def interpolated(length: int, outputs: int) -> Taps:
    """Of bilinear resizing without antialiasing: the two nearest, where the weight is not 0."""
    place = (np.arange(outputs) + 0.5) * length / outputs - 0.5
    low = np.floor(place).astype(int)
    high = np.where(place == low, low, low + 1)
    return [np.clip(low, 0, length - 1), np.clip(high, 0, length - 1)]


def _inside(positions: np.ndarray, length: int) -> np.ndarray:
    return np.where((positions >= 0) & (positions < length), positions, -1)
