"""A function together with the gradient that is to be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

Arrays = Sequence[np.ndarray]


@dataclass
class Differentiable:
    """A function of arrays, the point at which it is checked, and its gradient.

    Attributes:
        arrays: the inputs that are differentiated, in float64: the point.
        names: what each input is called in a report.
        forward: from the inputs to the list of results that are floats.
        pull_back: from the inputs and the cotangents of the results to the gradients; None for an
            input on which the results do not depend.
        sizes: numbers that a report may name if the error is a factor, by what they are.
    """

    arrays: list[np.ndarray]
    names: list[str]
    forward: Callable[[Arrays], list[np.ndarray]]
    pull_back: Callable[[Arrays, Arrays], list[np.ndarray | None]]
    sizes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        self.results = [np.asarray(y) for y in self.forward(self.arrays)]
        self.shapes = [y.shape for y in self.results]

    def vector(self, arrays: Arrays) -> np.ndarray:
        """All results at a point, in one flat array."""
        results = [np.asarray(y).ravel() for y in self.forward(arrays)]
        return np.concatenate(results) if results else np.zeros(0)

    def split(self, vector: np.ndarray) -> list[np.ndarray]:
        """A flat array as one array for each result."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        parts = np.split(vector, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def with_input(self, i: int, array: np.ndarray) -> list[np.ndarray]:
        """The point with another array as input `i`."""
        return [array if j == i else x for j, x in enumerate(self.arrays)]

    def gradient(self, i: int, cotangent: np.ndarray) -> np.ndarray | None:
        """The gradient to input `i` for a flat cotangent, as it is given."""
        return self.pull_back(self.arrays, self.split(cotangent))[i]

    def draw(self, seed: int) -> list[np.ndarray]:
        """Random cotangents of the results, other numbers than `default_rng(seed)` gives."""
        random = np.random.default_rng([seed, 20])
        return [random.standard_normal(shape) for shape in self.shapes]
