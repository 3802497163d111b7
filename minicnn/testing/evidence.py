"""What a diagnosis looks at: the found gradient, the right one, and the function to try more."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from minicnn.testing.comparison import COMPLEX, Comparison
from minicnn.testing.complex_step import complex_step
from minicnn.testing.differences import best_central
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.truth import line_through, step_unit

MOST_RESULTS = 800
EQUAL = 1e-6


class Evidence:
    """A wrong gradient with its function.

    Attributes:
        found, truth: the gradient as it was given and as it should be.
        jacobian: the derivative of each result (rows) by each element (columns).
        cotangent: that of all results, flat; `cotangents` has one for each result.
    """

    def __init__(
        self, function: Differentiable, i: int, compared: Comparison, cotangent: np.ndarray
    ):
        self.function, self.i, self.compared = function, i, compared
        self.name = function.names[i]
        self.x = function.arrays[i]
        self.found = compared.found
        self.truth = compared.truth.nearest(compared.found)
        self.jacobian = compared.truth.jacobian
        self.cotangent = cotangent
        self.cotangents = function.split(cotangent)
        self.scale = float(max(np.nanmax(np.abs(self.truth)), np.abs(self.found).max(initial=0.0)))

    def same(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Whether two arrays are equal to the exactness of the truth."""
        return a.shape == b.shape and bool((np.abs(a - b) <= EQUAL * self.scale).all())

    def factor(self, a: np.ndarray, b: np.ndarray) -> float | None:
        """The number f with `a = f b`; None if there is none, or if it is as good as zero."""
        square = float(np.sum(b * b))
        if a.shape != b.shape or square == 0 or a.size == 0:
            return None
        f = float(np.sum(a * b)) / square
        scale = max(np.abs(a).max(), abs(f) * np.abs(b).max())
        if abs(f) < 1e-12 or not (np.abs(a - f * b) <= EQUAL * scale).all():
            return None
        return f

    def found_for(self, cotangent: np.ndarray) -> np.ndarray:
        """The gradient that is given for another flat cotangent."""
        try:
            found = self.function.gradient(self.i, cotangent)
        except Exception:  # it is the user's function: it may refuse what is only tried
            return np.full(self.x.shape, np.nan)
        return np.zeros(self.x.shape) if found is None else np.asarray(found, "float64")

    @cached_property
    def found_jacobian(self) -> np.ndarray | None:
        """The derivatives that the given gradient stands for, laid out as `jacobian`."""
        if self.jacobian is None or self.cotangent.size > MOST_RESULTS:
            return None
        rows = []
        for k in range(self.cotangent.size):
            unit = np.zeros(self.cotangent.size)
            unit[k] = 1.0
            row = self.found_for(unit)
            if row.shape != self.x.shape:
                return None
            rows.append(row.ravel())
        return np.array(rows)

    def linear(self) -> bool:
        """Whether the given gradient is linear in the cotangent, as any gradient is."""
        found = self.found_jacobian
        return found is not None and self.same(
            (self.cotangent @ found).reshape(self.found.shape), self.found
        )

    @cached_property
    def directions(self) -> list[np.ndarray]:
        """Three random directions of the input, along which other points are tried."""
        random = np.random.default_rng(5)
        return [random.standard_normal(self.x.shape) for _ in range(3)]

    def explains(self, arrays: list[np.ndarray], cotangent: np.ndarray | None = None):
        """The factor by which the found gradient is that of this other point or cotangent.

        None if it is not, or if the gradient there is as good as zero.
        """
        cotangent = self.cotangent if cotangent is None else cotangent
        ratios: list[float] = []
        for direction in self.directions:
            claimed = float(np.sum(self.found * direction))
            there = self._slope(arrays, direction, cotangent)
            if there is None or abs(there) < 1e-9 * max(self.scale, 1e-300):
                return None
            ratios.append(claimed / there)
            if abs(ratios[-1] - ratios[0]) > 10 * EQUAL * abs(ratios[0]):
                return None
        return ratios[0] if abs(ratios[0]) > 1e-9 else None

    def _slope(self, arrays, direction, cotangent) -> float | None:
        """The derivative along a direction at another point."""
        slopes = self.slopes_at(arrays, direction)
        if slopes is None or slopes.shape != cotangent.shape:
            return None
        return float(cotangent @ slopes)

    def slopes_at(self, arrays: list[np.ndarray], direction: np.ndarray) -> np.ndarray | None:
        """The derivatives of the results along a direction at another point."""
        moved = Differentiable.__new__(Differentiable)
        moved.__dict__.update(self.function.__dict__, arrays=arrays)
        unit = step_unit(self.x)
        line = line_through(moved, self.i, direction * unit)
        try:
            if self.compared.method == COMPLEX:
                slopes = complex_step(line)
            else:
                slopes = best_central(line, line(0.0)).slopes
        except Exception:  # the user's function may refuse the other point
            return None
        return slopes / unit if np.isfinite(slopes).all() else None
