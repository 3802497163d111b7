"""The right gradient to one input, element by element, with what is known about kinks."""

from __future__ import annotations

import numpy as np

from minicnn.testing.complex_step import NotAnalytic, complex_step
from minicnn.testing.differences import ROUNDING, STEPS, best_central, one_sided
from minicnn.testing.differentiable import Differentiable

MOST_ELEMENTS = 3000
MOST_DERIVATIVES = 4_000_000
KINK = 1e-4
"""Slopes to the left and right that differ by more than this share are a kink."""


class Truth:
    """The derivatives of all results by each element of an input.

    Attributes:
        known: the flat indices of the elements that were differentiated: all, or a sample.
        gradient: the cotangent times the derivatives, in the input's shape; NaN if not known.
        doubt: how far each element of the gradient may be off.
        low, high: the bounds of the subgradients; both are the gradient where there is no kink.
        kinks: flat indices of the elements that stand on a kink of some result.
        jacobian: derivatives, `(results, elements)`, or None if there are too many.
        kinked: where `jacobian` is on a kink.
    """

    def __init__(
        self,
        function: Differentiable,
        i: int,
        cotangent: np.ndarray,
        analytic: bool,
        random: np.random.Generator,
    ):
        self._function, self._i, self._cotangent = function, i, cotangent
        self.here = function.vector(function.arrays)
        x = function.arrays[i]
        self._unit = step_unit(x)
        shape = x.shape
        self.known = np.arange(x.size)
        if x.size > MOST_ELEMENTS:
            self.known = np.sort(random.choice(x.size, 300, replace=False))
        size = (self.here.size, x.size)
        keep = len(self.known) == x.size and size[0] * size[1] <= MOST_DERIVATIVES
        self.jacobian = np.zeros(size) if keep else None
        self.kinked = np.zeros(size, bool) if keep else None
        self.gradient, self.low, self.high = (np.full(x.size, np.nan) for _ in range(3))
        self.doubt = np.zeros(x.size)
        self.kinks: list[int] = []
        for j in self.known:
            self._add_column(int(j), analytic)
        self.gradient, self.low, self.high, self.doubt = (
            a.reshape(shape) for a in (self.gradient, self.low, self.high, self.doubt)
        )

    def _add_column(self, j: int, analytic: bool) -> None:
        """The derivatives by one element."""
        direction = np.zeros(self._function.arrays[self._i].size)
        direction[j] = self._unit
        line = line_through(self._function, self._i, direction)
        left = right = slopes = doubt = None
        if analytic:
            try:
                slopes = complex_step(line)
            except NotAnalytic:
                slopes = None
        if slopes is None:
            slopes, doubt = best_central(line, self.here)
        if doubt is not None and not (doubt <= kink_threshold(slopes, self.here)).all():
            left, right = one_sided(line, self.here, STEPS[-1])
        self._store(j, slopes / self._unit, doubt, left, right)

    def _store(self, j, slopes, doubt, left, right) -> None:
        c = self._cotangent
        kink = np.zeros(c.shape, bool)
        doubt = np.zeros(c.shape) if doubt is None else doubt / self._unit
        low = high = c * slopes
        if left is not None:
            left, right = left / self._unit, right / self._unit
            kink = ~(np.abs(right - left) <= kink_threshold(slopes, self.here))
            sides = 1e-5 * (np.abs(left) + np.abs(right)) + 1e-8 * np.abs(self.here)
            doubt = np.where(kink, sides, doubt)
            slopes = np.where(kink, (left + right) / 2, slopes)
            low = np.where(kink, np.minimum(c * left, c * right), c * slopes)
            high = np.where(kink, np.maximum(c * left, c * right), c * slopes)
        self.gradient[j], self.low[j], self.high[j] = c @ slopes, low.sum(), high.sum()
        self.doubt[j] = np.abs(c) @ doubt
        if (kink & (c != 0)).any():
            self.kinks.append(j)
        if self.jacobian is not None:
            self.jacobian[:, j], self.kinked[:, j] = slopes, kink

    def nearest(self, found: np.ndarray) -> np.ndarray:
        """The right gradient; on a kink, the right one that is nearest to what was found."""
        nearest = self.gradient.copy()
        nearest.flat[self.kinks] = np.clip(found, self.low, self.high).flat[self.kinks]
        return nearest


def line_through(function: Differentiable, i: int, direction: np.ndarray):
    """The results as a function of a step from the point, along a direction of input `i`."""
    x = function.arrays[i]
    direction = direction.reshape(x.shape)

    def line(t: complex) -> np.ndarray:
        return function.vector(function.with_input(i, x + t * direction))

    return line


def step_unit(x: np.ndarray) -> float:
    """What a step is measured in: 1, or a hundredth of the largest number of large inputs."""
    finite = np.abs(x[np.isfinite(x)])
    return max(1.0, 1e-2 * float(finite.max(initial=0.0)))


def rounding_of(here: np.ndarray, cotangent: np.ndarray, step: float) -> float:
    """The error that rounding causes in a difference of the values."""
    return 20 * ROUNDING * float(np.abs(here) @ np.abs(cotangent)) / step


def kink_threshold(slopes: np.ndarray, here: np.ndarray) -> np.ndarray:
    """By how much slopes to the left and right differ at least at a kink, for each result."""
    largest = float(np.abs(slopes).max(initial=0.0, where=np.isfinite(slopes)))
    return KINK * largest + 1e-8 * np.abs(here)
