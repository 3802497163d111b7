"""The cotangent of a convolution's input as convolutions of Ḡ, for any strides.

    x̄[i] = Σ_k Ḡ[(i + padding - k · dilation) / stride] · W[k]ᵀ    over the k for which it is whole

With stride 1 that is one convolution, whose kernel is rotated by 180° and has its channels and
filters exchanged. With stride s the pixels i are divided into s phases, by the remainder of
`(i + padding) / s`. The same taps reach all pixels of a phase, so each phase is a convolution
without strides of the same Ḡ. For three taps, a stride of 2 and no padding:

    W     k₀  k₁  k₂           even i = 2j:      x̄[i] = Ḡ[j] · k₀ᵀ + Ḡ[j - 1] · k₂ᵀ
    Ḡ     j - 1   j            odd i = 2j + 1:   x̄[i] = Ḡ[j] · k₁ᵀ

In two dimensions there is a phase for each pair of a row's and a column's phase. Outside of Ḡ the
taps read a border of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from minicnn.backend.numba.conv.direct.offset_tables import FLOAT_BYTES, Tables
from minicnn.backend.numba.conv.direct.planes import PANEL
from minicnn.common.sliding_windows import Padding, Sizes

PIXEL_BYTES = PANEL * FLOAT_BYTES  # of one panel of a plane


@dataclass
class Phase:
    """One phase along one axis."""

    pixels: np.ndarray  # of the input
    places: np.ndarray  # in Ḡ, of each pixel's last tap
    taps: np.ndarray  # of the kernel, the last one first
    steps: np.ndarray  # from the last tap's place in Ḡ to that of each tap


def phases_of(
    length: int, taps: int, stride: int, padding: tuple[int, int], dilation: int
) -> list[Phase]:
    """The phases along an axis of `length` pixels."""
    found = []
    for rest in range(stride):
        pixels = np.arange((rest - padding[0]) % stride, length, stride)
        own = np.array([k for k in range(taps) if k * dilation % stride == rest][::-1], np.int64)
        back = own * dilation // stride
        farthest = back.max(initial=0)
        found.append(
            Phase(pixels, (pixels + padding[0]) // stride - farthest, own, farthest - back)
        )
    return found


@dataclass
class InputGradientPlan:
    """The tables for computing the input's cotangent x̄ of one image."""

    plane: tuple[int, int]  # height and width of Ḡ with its border
    inside: tuple[int, int]  # where Ḡ begins in it
    tables: Tables  # of places in the plane, and of pixels of the input
    order: np.ndarray  # of the rows (tap, panel) of the rotated kernel


@lru_cache(maxsize=256)
def plan_input_gradient(
    size: Sizes,
    output_size: Sizes,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    panels: int,
) -> InputGradientPlan:
    """The tables for images of a `size`, whose cotangent Ḡ has `panels` panels of filters."""
    axes = [
        phases_of(*axis) for axis in zip(size, kernel_size, strides, padding, dilation, strict=True)
    ]
    borders = [_border(axis, length) for axis, length in zip(axes, output_size, strict=True)]
    inside = top, left = tuple(before for before, _ in borders)
    plane = tuple(
        before + length + after
        for (before, after), length in zip(borders, output_size, strict=True)
    )
    positions, pixels, runs, run_lengths, orders = [], [], [], [], []
    for rows, columns in product(*axes):
        positions.append(_grid(rows.places + top, columns.places + left, plane[1]) * PIXEL_BYTES)
        pixels.append(_grid(rows.pixels, columns.pixels, size[1]))
        its_runs, run_length = _runs(rows, columns, plane, panels)
        runs.append(its_runs)
        run_lengths.append(run_length)
        taps = _grid(rows.taps, columns.taps, kernel_size[1])
        orders.append(_grid(np.arange(panels), taps * panels, 1))
    phases = np.stack([*_bounds(positions), *_bounds(runs), np.array(run_lengths)], axis=1)
    tables = Tables(*map(np.concatenate, (positions, pixels, runs)), phases)
    return InputGradientPlan(plane, inside, tables, np.concatenate(orders))


def _runs(
    rows: Phase, columns: Phase, plane: tuple[int, int], panels: int
) -> tuple[np.ndarray, int]:
    """The byte offsets of a phase's runs from its last tap, and the numbers in a run."""
    height, width = plane
    starts = _grid(np.arange(panels) * height, rows.steps, 1) * width
    steps, pixels = columns.steps, 1
    if len(steps) and (np.diff(steps) == 1).all():  # neighbours in Ḡ
        steps, pixels = steps[:1], len(steps)
    return _grid(starts, steps, 1) * PIXEL_BYTES, pixels * PANEL


def _border(axis: list[Phase], length: int) -> tuple[int, int]:
    """How many zeros the taps read before and after Ḡ."""
    read = [
        place
        for phase in axis
        if len(phase.taps) and len(phase.pixels)
        for place in (phase.places[0], phase.places[-1] + phase.steps[-1])
    ]
    return max(0, -min(read, default=0)), max(0, max(read, default=0) + 1 - length)


def _grid(rows: np.ndarray, columns: np.ndarray, step: int) -> np.ndarray:
    """`rows · step + columns` of all pairs."""
    return (rows[:, None] * step + columns).reshape(-1)


def _bounds(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Where each part begins and ends in all parts joined."""
    ends = np.cumsum([len(part) for part in parts])
    return ends - [len(part) for part in parts], ends
