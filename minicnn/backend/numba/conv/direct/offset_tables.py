"""Tables of byte offsets: where in an image a direct convolution reads its numbers.

The padded image is in memory row by row. At position p, the number for tap k (here a row, column
and channel of the kernel) has

    address = address of the image + positions[p] + taps[k],

so two tables describe a convolution with any strides and dilation. Neighbouring taps whose numbers
are neighbours in memory are a run: a row of the kernel, or one pixel of it if dilated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from minicnn.common.sliding_windows import Padding, Sizes, output_size

FLOAT_BYTES = 4


class Tables(NamedTuple):
    """The tables for one image: one convolution or several, which are called phases.

    A convolution has one phase; the gradient of its input may have more (see phases.py).
    """

    positions: np.ndarray  # byte offsets of the patches
    pixels: np.ndarray  # of the result, a number for each position
    runs: np.ndarray  # offset of each run's first tap
    phases: np.ndarray  # a row for each: bounds of its positions and of its runs, taps of a run


@dataclass
class Plan:
    """The sizes of one image's convolution, and its tables."""

    padded: tuple[int, int]  # height, and width · channels of the padded image
    inside: tuple[int, int]  # where the image itself begins in it
    height: int  # of the output
    width: int
    taps: np.ndarray
    tables: Tables
    row_step: int  # bytes from the patch of a position to that of the next below
    column_step: int  # and to the right

    @cached_property
    def windows(self) -> np.ndarray:
        """The positions of each 2 × 2 window of the output, one window after the other."""
        height, width = self.height // 2, self.width // 2
        positions = self.tables.positions.reshape(self.height, self.width)[
            : 2 * height, : 2 * width
        ]
        return positions.reshape(height, 2, width, 2).swapaxes(1, 2).reshape(-1)


@lru_cache(maxsize=256)
def make_plan(
    size: Sizes,
    channels: int,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> Plan:
    """The tables for images of `(*size, channels)`."""
    height, width = output_size(size, kernel_size, strides, padding, dilation)
    (top, bottom), (left, right) = padding
    pixel = channels * FLOAT_BYTES
    row = (left + size[1] + right) * pixel
    row_step, column_step = strides[0] * row, strides[1] * pixel
    pixels = _offsets(kernel_size, (dilation[0] * row, dilation[1] * pixel))
    positions = _offsets((height, width), (row_step, column_step))
    one_row = dilation[1] == 1
    runs = pixels[:: kernel_size[1]] if one_row else pixels
    run_length = kernel_size[1] * channels if one_row else channels
    phase = np.array([[0, len(positions), 0, len(runs), run_length]])
    return Plan(
        padded=(top + size[0] + bottom, row // FLOAT_BYTES),
        inside=(top, left * channels),
        height=height,
        width=width,
        taps=(pixels[:, None] + np.arange(channels) * FLOAT_BYTES).reshape(-1),
        tables=Tables(positions, np.arange(len(positions)), runs, phase),
        row_step=row_step,
        column_step=column_step,
    )


def _offsets(counts: Sizes, steps: Sizes) -> np.ndarray:
    """Offsets of the points of a grid, row by row."""
    rows, columns = (np.arange(n) * step for n, step in zip(counts, steps, strict=True))
    return (rows[:, None] + columns).reshape(-1)
