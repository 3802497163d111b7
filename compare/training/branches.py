"""How far a step may differ because rounding decided the branch of a ReLU or a maximum.

The step is computed in float64 on minicnn's NumPy backend: first as it is, then with perturbed
arithmetic that keeps all branches, which says which units are within rounding of their kink. For
each of these units the gradients are computed again with its other branch, and the optimizer turns
them into another step: that is the direction in which the unit may move the step (`compare.training
.fit` combines them). Where no unit is close, nothing is allowed. Numbers at a kink of the optimizer
itself (the sign in Lion) are found by moving the gradients by rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from compare import kinks
from compare.algorithms import documented_errors
from compare.errors import ALLOWED, UNIT
from compare.libraries.truth import Truth, perturbed_arithmetic
from compare.training.cases import Case
from compare.training.fit import Fit
from compare.training.step import State, Step, change
from compare.training.train import Batch, StepModel
from minicnn import config
from minicnn.autodiff import GradientTape, Tensor
from minicnn.losses import SparseCategoricalCrossentropy

SEEDS = (1, 2)
JUMP = 1.01  # times the computed jump of a number: float32 rounds it
CURVED = 0.1  # of the largest difference of three steps: more is a kink of the optimizer


class Allowance(NamedTuple):
    """How a right step may differ.

    Attributes:
        directions: for each unit the difference that its other branch makes, as a `step.change`.
        jumps: how far each number of a change may jump at a kink of the optimizer; mostly zero.
        units: the units at kinks.
    """

    directions: list[list[np.ndarray]]
    jumps: list[np.ndarray]
    units: list[kinks.Unit]

    def fit(
        self, found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], limits: np.ndarray
    ) -> Fit:
        """The fit of a change to the wanted one, without the numbers that jumped."""
        kept = [
            (jump == 0) | (np.abs(a - b) > JUMP * jump)
            for a, b, jump in zip(found, wanted, self.jumps, strict=True)
        ]

        def only(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
            return [np.where(k, a, 0) for k, a in zip(kept, arrays, strict=True)]

        return Fit([only(d) for d in self.directions], only(found), only(wanted), limits)


class ExactModel:
    """The network and its optimizer in float64."""

    def __init__(self, case: Case):
        self._truth = Truth(confirm=False)
        with self._truth.settings():
            self._steps = StepModel(self._truth, case)

    def allowance(self, state: State, batch: Batch, algorithms: bool = False) -> Allowance:
        """How far a step from this state may be off.

        With `algorithms`, units are close if the documented error of the convolution algorithm that
        minicnn chooses reaches their kink; these are many more.
        """
        backend = config.backend() if algorithms else "numpy"
        wide = State(*([self._truth.array(a) for a in arrays] for arrays in state))
        with self._truth.settings():
            self._steps.set(wide)
            with kinks.Following() as calls:
                exact = self._gradients(batch)
            moved, perturbed = [], []
            for seed in SEEDS:
                with (
                    perturbed_arithmetic(seed, ALLOWED * UNIT),
                    documented_errors(seed, backend),
                    kinks.Following(calls) as found,
                ):
                    moved.append(self._gradients(batch))
                perturbed.append(found)
            units = kinks.close(calls, perturbed, 1.0)[: kinks.MOST_UNITS]
            others = []
            for unit in units:
                with kinks.Following(calls, [unit]):
                    others.append(self._gradients(batch))
            straight = self._applied(wide, exact)
            directions = [self._difference(wide, g, straight) for g in others]
            rounding = [_rounding(g, [m[i] for m in moved]) for i, g in enumerate(exact)]
            ends = [
                self._applied(wide, [g + sign * r for g, r in zip(exact, rounding, strict=True)])
                for sign in (-1, 1)
            ]
        jumps = [_jumps(*three) for three in zip(ends[0], straight, ends[1], strict=True)]
        return Allowance(directions, jumps, units)

    def _difference(
        self, state: State, gradients: list[np.ndarray], straight: list[np.ndarray]
    ) -> list[np.ndarray]:
        """What these gradients change in the change; float32 is enough, and half as large."""
        other = self._applied(state, gradients)
        return [(a - b).astype("float32") for a, b in zip(other, straight, strict=True)]

    def _gradients(self, batch: Batch) -> list[np.ndarray]:
        model, loss = self._steps.model, SparseCategoricalCrossentropy()
        with GradientTape() as tape:
            value = loss(batch.labels, model(batch.images.astype("float64"), training=True))
        return [g.numpy() for g in tape.gradient(value, model.trainable_variables)]

    def _applied(self, state: State, gradients: list[np.ndarray]) -> list[np.ndarray]:
        """The change by the optimizer with these gradients; the loss does not change."""
        self._steps.set(state)
        model = self._steps.model
        scale = float(model.optimizer.scale_loss(1.0))
        model.optimizer.apply([Tensor(g * scale) for g in gradients], model.trainable_variables)
        return change(state, Step(0.0, self._steps.state()))


def _rounding(exact: np.ndarray, moved: list[np.ndarray]) -> np.ndarray:
    """How far perturbed arithmetic moved each number; at least the root mean square of all."""
    changes = np.abs(np.stack(moved) - exact)
    return np.maximum(changes.max(0), np.sqrt(np.mean(changes**2)))


def _jumps(below: np.ndarray, middle: np.ndarray, above: np.ndarray) -> np.ndarray:
    """How far each number moves where three steps are no straight line; zero elsewhere."""
    three = np.stack([below, middle, above])
    bent = np.abs(below + above - 2 * middle)
    extent = np.ptp(three, axis=0)
    return np.where(bent > CURVED * extent, extent, 0.0)
