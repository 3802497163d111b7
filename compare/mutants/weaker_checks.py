"""Gradient checks that other projects use, so that `mutants` can show what they miss.

Each compares the derivative by backpropagation with a central difference of two values, in float32
with the usual step, and rejects it if the two differ by more than the tolerance, both absolutely
and relatively. None of them knows the right values: an error in the forward pass or in an optimizer
is not detected if the derivative fits the wrong values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from compare.cases import kinds
from compare.cases.case import Case
from compare.cases.values import generator
from compare.libraries.minicnn import MiniCNN

STEP = 1e-3
DIFFERENTIATED = ("layers", "losses", "ops")
"""The kinds of cases that have gradients."""


class Check(NamedTuple):
    """A gradient check.

    Attributes:
        name: the head of its column.
        explanation: what it does, and what it cannot detect.
        summed: whether the loss is the sum of the outputs, not a random combination of them.
        single: whether one element is changed, not all along a random direction.
        tolerance: how far the two derivatives may differ.
    """

    name: str
    explanation: str
    summed: bool
    single: bool
    tolerance: float


CHECKS = (
    Check(
        "direction",
        "one random direction: all inputs and weights change at once, and one number is compared. "
        "Errors in a part that is small compared with the rest are not detected",
        summed=False,
        single=False,
        tolerance=1e-2,
    ),
    Check(
        "sum",
        "sum as the loss: the derivative of sum(outputs). Errors that cancel in the sum (softmax, "
        "normalization) are not detected, nor gradients of the wrong element",
        summed=True,
        single=False,
        tolerance=1e-2,
    ),
    Check(
        "element",
        "one sampled element at a tolerance of 1e-2: errors in other elements are not detected",
        summed=False,
        single=True,
        tolerance=1e-2,
    ),
)


class Checked(MiniCNN):
    """minicnn in float32, with gradients checked by the weaker checks.

    `rejected` has the names of the checks that found an error.
    """

    def __init__(self, label: str):
        self.rejected: set[str] = set()
        self._random = generator(f"{label}/checks")

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients, after running each check on them."""
        points = [*inputs, *(v.numpy() for v in variables)]
        ones = [np.ones_like(c) for c in cotangents]
        gradients = super().differentiate(function, inputs, variables, cotangents)
        summed = super().differentiate(function, inputs, variables, ones)

        def loss(points: list[np.ndarray], weights: Sequence[np.ndarray]) -> float:
            return self.combined_output(function, points, variables, weights)

        for check in () if held_constant else CHECKS:
            weights, computed = (ones, summed) if check.summed else (cotangents, gradients)
            direction = self._direction(points, check.single)
            if _differ(loss, points, weights, direction, computed, check.tolerance):
                self.rejected.add(check.name)
        for variable, x in zip(variables, points[len(inputs) :], strict=True):
            variable.assign(x)
        return gradients

    def _direction(self, points: list[np.ndarray], single: bool) -> list[np.ndarray]:
        """The direction in which the inputs and weights change: random, or a single element."""
        if not single:
            return [self._random.standard_normal(x.shape).astype(x.dtype) for x in points]
        direction = [np.zeros_like(x) for x in points]
        chosen = direction[self._random.integers(len(direction))]
        if chosen.size:
            chosen.flat[self._random.integers(chosen.size)] = 1
        return direction


def _differ(
    loss: Callable[..., float],
    points: list[np.ndarray],
    weights: Sequence[np.ndarray],
    direction: list[np.ndarray],
    gradients: list[np.ndarray | None],
    tolerance: float,
) -> bool:
    """Whether the derivative along a direction differs from the central difference of the loss."""
    step = np.float32(STEP)
    after = loss([x + step * d for x, d in zip(points, direction, strict=True)], weights)
    before = loss([x - step * d for x, d in zip(points, direction, strict=True)], weights)
    measured = (after - before) / (2 * STEP)
    pairs = zip(gradients, direction, strict=True)
    computed = float(sum((g * d).sum() for g, d in pairs if g is not None))
    return not abs(computed - measured) <= tolerance * max(1.0, abs(computed), abs(measured))


def rejecting(case: Case) -> set[str]:
    """The names of the checks that reject a case."""
    library = Checked(case.label)
    try:
        kinds.run(library, case)
    except Exception:
        return {check.name for check in CHECKS}
    return library.rejected
