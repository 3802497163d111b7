"""`Reach`: for each element of a tensor, the part of the input that it depends on.

Along each spatial axis of the input, that part lies in an interval, first to last position. All
rules come down to one: the interval of a result is the smallest that holds those of the elements
that it is computed from. So windows, strides, dilation, padding and branches are exact, at the
borders too. A `Line` beside it follows the formula for elements far from all borders.

Source: Araujo, Norris, Sim, "Computing receptive fields of convolutional neural networks",
Distill (2019): a layer with kernel k, stride s, dilation d and padding p makes of an input with
size r, stride j and start a

    r' = r + (k - 1) · d · j,    j' = j · s,    a' = a - p · j
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

NOTHING = np.iinfo(np.int32).max
Taps = Sequence[np.ndarray]
"""Along one axis: for each tap an array with the input position of each output, -1 for none."""


class Line(NamedTuple):
    """The formula along one axis: output i depends on `size` positions from `start + i · stride`.

    Attributes:
        size, stride, start: of the receptive field; a stride of 0 for "all outputs the same".
    """

    size: Fraction
    stride: Fraction
    start: Fraction


class Reach:
    """The intervals of a tensor's elements.

    Attributes:
        bounds: array `(*axes of the tensor without the batch, axes of the input, 2)` of the first
            and last positions. Axes of the tensor may have length 1 for "all the same".
        lines: for each axis of the input the formula, or None where there is none.
    """

    def __init__(self, bounds: np.ndarray, lines: Sequence[Line | None]):
        self.bounds = bounds
        self.lines = list(lines)

    @classmethod
    def of_input(cls, shape: Sequence[int], axes: Sequence[int]) -> Reach:
        """Each element of the input depends on itself.

        Args:
            shape: of the input, without the batch.
            axes: those that are spatial.
        """
        bounds = np.zeros(
            (*(n if i in axes else 1 for i, n in enumerate(shape)), len(axes), 2), int
        )
        for number, axis in enumerate(axes):
            positions = np.arange(shape[axis])
            bounds[..., number, :] = _along(positions, axis, len(shape))[..., None]
        return cls(bounds, [Line(Fraction(1), Fraction(1), Fraction(0))] * len(axes))

    @classmethod
    def nothing(cls, rank: int, axes: int) -> Reach:
        """The elements of a tensor that does not depend on the input."""
        none = np.array([NOTHING, -1])
        return cls(np.broadcast_to(none, (1,) * rank + (axes, 2)), [None] * axes)

    @property
    def is_nothing(self) -> bool:
        """Whether no element depends on the input."""
        return bool((self.bounds[..., 1] < 0).all())

    def take(self, axis: int, taps: Taps) -> Reach:
        """Each output along an axis depends on the elements at these positions."""
        bounds, low, high = self.bounds, None, None
        most = bounds.shape[axis] - 1  # 0 if it is the same all along
        for tap in taps:
            taken = np.take(bounds, np.clip(tap, 0, most), axis=axis)
            missing = _along(tap < 0, axis, bounds.ndim - 2)[..., None]
            first = np.where(missing, NOTHING, taken[..., 0])
            last = np.where(missing, -1, taken[..., 1])
            low = first if low is None else np.minimum(low, first)
            high = last if high is None else np.maximum(high, last)
        return Reach(np.stack([low, high], axis=-1), self.lines)

    def moved(self, shape: Sequence[int], places: np.ndarray) -> Reach:
        """Each output is an element of this tensor, or of none.

        Args:
            shape: of this tensor, without the batch.
            places: for each output the place of that element in the flattened tensor, from 1; 0
                for none.
        """
        inner = self.bounds.shape[-2:]
        full = np.broadcast_to(self.bounds, (*shape, *inner)).reshape(-1, *inner)
        none = np.broadcast_to(np.array([NOTHING, -1]), (1, *inner))
        return Reach(np.concatenate([none, full])[places], [None] * inner[0])

    def whole(self, axes: Sequence[int], keepdims: bool = True) -> Reach:
        """Each output depends on all elements along these axes."""
        axes = tuple(axes)
        low = self.bounds[..., 0].min(axis=axes, keepdims=keepdims)
        high = self.bounds[..., 1].max(axis=axes, keepdims=keepdims)
        bounds = np.stack([low, high], axis=-1)
        lines = [
            _constant(bounds, i) if _varies(self.bounds, i) and not _varies(bounds, i) else line
            for i, line in enumerate(self.lines)
        ]
        return Reach(bounds, lines)

    def with_lines(self, lines: Sequence[Line | None]) -> Reach:
        """The same with another formula."""
        return Reach(self.bounds, lines)


def _varies(bounds: np.ndarray, i: int) -> bool:
    """Whether elements depend on different parts along axis i of the input."""
    flat = bounds[..., i, :].reshape(-1, 2)
    return bool((flat != flat[:1]).any())


def _constant(bounds: np.ndarray, i: int) -> Line:
    """The formula where all elements depend on the same part."""
    first, last = (int(n) for n in bounds[..., i, :].reshape(-1, 2)[0])
    return Line(Fraction(last - first + 1), Fraction(0), Fraction(first))


def union(parts: Sequence[Reach]) -> Reach:
    """Each output depends on one element of each tensor, where axes of length 1 are stretched."""
    rank = max(part.bounds.ndim for part in parts)
    aligned = [
        part.bounds.reshape((1,) * (rank - part.bounds.ndim) + part.bounds.shape) for part in parts
    ]
    low, high = aligned[0][..., 0], aligned[0][..., 1]
    for other in aligned[1:]:
        low, high = np.minimum(low, other[..., 0]), np.maximum(high, other[..., 1])
    return Reach(np.stack([low, high], axis=-1), _common_lines(parts))


def joined(parts: Sequence[Reach], lengths: Sequence[int], axis: int) -> Reach:
    """The tensors side by side along an axis, on which they have these lengths."""
    shapes = [list(part.bounds.shape) for part in parts]
    for shape, length in zip(shapes, lengths, strict=True):
        shape[axis] = length
    full = np.max(shapes, axis=0)
    stretched = []
    for part, shape in zip(parts, shapes, strict=True):
        target = [*full]
        target[axis] = shape[axis]
        stretched.append(np.broadcast_to(part.bounds, target))
    return Reach(np.concatenate(stretched, axis=axis), _common_lines(parts))


def _common_lines(parts: Sequence[Reach]) -> list[Line | None]:
    parts = [part for part in parts if not part.is_nothing] or parts
    return [_common_line(lines) for lines in zip(*(part.lines for part in parts), strict=True)]


def _common_line(lines: Sequence[Line | None]) -> Line | None:
    """The smallest formula that holds all, if all move in the same steps."""
    if any(line is None for line in lines) or len({line.stride for line in lines}) > 1:
        return None
    start = min(line.start for line in lines)
    end = max(line.start + line.size for line in lines)
    return Line(end - start, lines[0].stride, start)


def _along(values: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """A vector as an array of this rank, along one axis."""
    shape = [1] * rank
    shape[axis] = len(values)
    return values.reshape(shape)
