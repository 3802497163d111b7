"""Which pixels and taps a pixel of a depthwise convolution reads, along one axis, as tables."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

FOUR = 4


class Axis(NamedTuple):
    """One axis of a convolution."""

    size: int  # of the input
    outputs: int
    taps: int
    stride: int
    top: int  # padding before the first element
    dilation: int


class Reads(NamedTuple):
    """What each pixel along an axis reads.

    Attributes:
        table: for each pixel: the first element of the source, the first tap, the number of taps.
        steps: from one tap to the next: elements of the source, taps.
        apart: distance of pixels that read the same taps, and of what they read.
    """

    table: np.ndarray
    steps: tuple[int, int]
    apart: tuple[int, int]


@lru_cache(maxsize=256)
def read_forward(axis: Axis) -> Reads:
    """What a pixel of the output reads of the input."""
    rows = []
    for p in range(axis.outputs):
        read = [(p * axis.stride + k * axis.dilation - axis.top, k) for k in range(axis.taps)]
        rows.append(_row([(at, k) for at, k in read if 0 <= at < axis.size]))
    return Reads(np.array(rows), (axis.dilation, 1), (1, axis.stride))


@lru_cache(maxsize=256)
def read_backward(axis: Axis) -> Reads:
    """What the gradient of a pixel of the input reads of the output's."""
    rows = []
    for q in range(axis.size):
        read = [(q + axis.top - k * axis.dilation, k) for k in range(axis.taps)]
        hits = [(at // axis.stride, k) for at, k in read if at % axis.stride == 0]
        rows.append(_row([(at, k) for at, k in hits if 0 <= at < axis.outputs]))
    return Reads(np.array(rows), (-axis.dilation, axis.stride), (axis.stride, 1))


def _row(read: list[tuple[int, int]]) -> tuple[int, int, int]:
    return (*read[0], len(read)) if read else (0, 0, 0)


@lru_cache(maxsize=256)
def units(read: bytes, pixels: int, apart: int, source_apart: int) -> np.ndarray:
    """The pixels of a row, alone or in fours: (pixel, whether four, its row of the table)."""
    table = np.frombuffer(read, np.int64).reshape(pixels, 3)
    left = dict.fromkeys(range(pixels))
    found = []
    while left:
        p = next(iter(left))
        four = range(p, p + FOUR * apart, apart)
        same = all(i in left for i in four) and all(
            (table[q] == table[p] + [i * source_apart, 0, 0]).all() for i, q in enumerate(four)
        )
        for q in four if same else [p]:
            del left[q]
        found.append((p, int(same), *table[p]))
    return np.array(found, np.int64)
