"""Derivatives of any library's functions by central differences of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from compare.cases.values import generator
from compare.libraries.library import Library

STEPS = (1e-4, 2e-4)
DIRECTIONS = 2
SMALLEST = 1e-3  # derivatives are compared relative to at least this part of the values


class Slopes(NamedTuple):
    """The derivatives of ⟨cotangents, outputs⟩ along random directions of one input.

    Attributes:
        measured: one derivative for each direction.
        values: the sum of the sizes of all terms of ⟨cotangents, outputs⟩.
    """

    measured: tuple[float, ...]
    values: float

    def distance(self, gradient: np.ndarray) -> float:
        """The largest relative difference between a gradient and these derivatives."""
        off = 0.0
        for k, measured in enumerate(self.measured):
            parts = gradient * direction(k, gradient.shape)
            scale = max(np.abs(parts).sum(), abs(measured), SMALLEST * max(self.values, 1.0))
            off = np.fmax(off, abs(parts.sum() - measured) / scale)
        return float(off)


def direction(k: int, shape: tuple[int, ...]) -> np.ndarray:
    """The random direction number k."""
    return generator(f"direction {k}").standard_normal(shape)


class ByDifferences(Library):
    """A library whose gradients are `Slopes`: it computes nothing but values."""

    steps = STEPS

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[Any]:
        """The derivatives along random directions of each input, then of each variable."""
        points = [*inputs, *(self.numpy(v) for v in variables)]

        def terms(points: Sequence[np.ndarray]) -> list[np.ndarray]:
            for variable, value in zip(variables, points[len(inputs) :], strict=True):
                variable.assign(value)
            outputs = function(*map(self.tensor, points[: len(inputs)]))
            return [c * self.numpy(y) for c, y in zip(cotangents, outputs, strict=True)]

        values = sum(float(np.abs(t).sum()) for t in terms(points))
        slopes = [Slopes(_along(terms, points, i, self.steps), values) for i in range(len(points))]
        terms(points)  # assigns the variables' own values again
        return slopes


def _along(
    terms: Callable, points: list[np.ndarray], i: int, steps: tuple[float, float]
) -> tuple[float, ...]:
    """Central differences of fourth order along each direction of the point number i."""

    def at(step: float, towards: np.ndarray) -> float:
        moved = (points[i] + step * towards).astype(points[i].dtype)
        there = [moved if j == i else x for j, x in enumerate(points)]
        return float(sum(t.sum(dtype="float64") for t in terms(there)))

    measured = []
    for k in range(DIRECTIONS if points[i].size > 1 else 1):
        towards = direction(k, points[i].shape)
        near, far = ((at(h, towards) - at(-h, towards)) / (2 * h) for h in steps)
        measured.append((4 * near - far) / 3)
    return tuple(measured)
