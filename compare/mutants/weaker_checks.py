"""The checks of gradients that other projects use, so that `mutants` can say what they miss.

Each compares the derivative that backpropagation gives with one difference of two values, in
float32 with the customary step, and calls it wrong if the two differ by more than the tolerance
both absolutely and relatively. None of them knows right values, so what is wrong in the forward
pass or in an optimizer passes, as long as the derivative fits the wrong values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from compare import kinds
from compare.case import Case
from compare.libraries.minicnn import MiniCNN
from compare.values import generator
from minicnn.autodiff import Tensor

STEP = 1e-3


class Check(NamedTuple):
    """A way to check a gradient.

    Attributes:
        name: the head of its column.
        why: what it does, and what it cannot see.
        summed: whether the loss is the sum of the outputs, not a random combination of them.
        single: whether one element is moved, not all along a random direction.
        tolerance: how far the two may differ.
    """

    name: str
    why: str
    summed: bool
    single: bool
    tolerance: float


CHECKS = (
    Check(
        "direction",
        "one random direction: all inputs and weights move at once, and one number is compared. "
        "It needs a good list of cases, as ours; a part that is small beside the rest is lost",
        summed=False,
        single=False,
        tolerance=1e-2,
    ),
    Check(
        "sum",
        "sum as the loss: the derivative of sum(outputs). What adds up to nothing is not seen, as "
        "of softmax or normalization; nor a gradient that goes to the wrong element",
        summed=True,
        single=False,
        tolerance=1e-2,
    ),
    Check(
        "element",
        "one sampled element at a tolerance of 1e-2: errors elsewhere are not looked at",
        summed=False,
        single=True,
        tolerance=1e-2,
    ),
)


class Checked(MiniCNN):
    """minicnn in float32, whose gradients are checked in the weaker ways.

    `rejected` has the names of the checks that have found something wrong.
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
        held: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients, after each check has had its say."""
        points = [*inputs, *(v.numpy() for v in variables)]
        ones = [np.ones_like(c) for c in cotangents]
        gradients = super().differentiate(function, inputs, variables, cotangents)
        summed = super().differentiate(function, inputs, variables, ones)

        def loss(points: list[np.ndarray], weights: Sequence[np.ndarray]) -> float:
            tensors = [Tensor(x) for x in points]
            for variable, x in zip(variables, tensors[len(inputs) :], strict=True):
                variable.assign(x)
            outputs = function(*tensors[: len(inputs)])
            return float(sum((w * y.numpy()).sum() for w, y in zip(weights, outputs, strict=True)))

        for check in () if held else CHECKS:
            weights, claimed = (ones, summed) if check.summed else (cotangents, gradients)
            move = self._move(points, check.single)
            if _differ(loss, points, weights, move, claimed, check.tolerance):
                self.rejected.add(check.name)
        for variable, x in zip(variables, points[len(inputs) :], strict=True):
            variable.assign(x)
        return gradients

    def _move(self, points: list[np.ndarray], single: bool) -> list[np.ndarray]:
        """Where each input and weight is moved: along a random direction, or one element of it."""
        if not single:
            return [self._random.standard_normal(x.shape).astype(x.dtype) for x in points]
        moves = [np.zeros_like(x) for x in points]
        chosen = moves[self._random.integers(len(moves))]
        if chosen.size:
            chosen.flat[self._random.integers(chosen.size)] = 1
        return moves


def _differ(
    loss: Callable[..., float],
    points: list[np.ndarray],
    weights: Sequence[np.ndarray],
    move: list[np.ndarray],
    gradients: list[np.ndarray | None],
    tolerance: float,
) -> bool:
    """Whether the derivative along a move is not the difference of the losses at its ends."""
    step = np.float32(STEP)
    there = loss([x + step * d for x, d in zip(points, move, strict=True)], weights)
    back = loss([x - step * d for x, d in zip(points, move, strict=True)], weights)
    measured = (there - back) / (2 * STEP)
    pairs = zip(gradients, move, strict=True)
    claimed = float(sum((g * d).sum() for g, d in pairs if g is not None))
    return not abs(claimed - measured) <= tolerance * max(1.0, abs(claimed), abs(measured))


def rejecting(case: Case) -> set[str]:
    """The names of the checks that find something wrong with a case."""
    library = Checked(case.label)
    try:
        kinds.run(library, case)
    except Exception:
        return {check.name for check in CHECKS}
    return library.rejected
