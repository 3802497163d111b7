"""How far a step may differ because rounding decided the branch of a ReLU or a maximum.

The step is computed in float64 on minicnn's NumPy backend: first as it is, then with perturbed
arithmetic that keeps all branches, which says which units are within rounding of their kink. For
each of these units the gradients are computed again with its other branch. The optimizer turns
that into an allowance for each number; where no unit is close, nothing is allowed. Numbers at a
kink of the optimizer itself (the sign in Lion) are found in the same way.
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
from compare.training.step import State, Step, change
from compare.training.train import Batch, StepModel
from minicnn import config
from minicnn.autodiff import GradientTape, Tensor
from minicnn.losses import SparseCategoricalCrossentropy

SEEDS = (1, 2)


class Allowance(NamedTuple):
    """How far each number of a `step.change` may be off, and the units that are the reason."""

    numbers: list[np.ndarray]
    units: list[kinks.Unit]

    def reduced(
        self, found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], which: Sequence[int]
    ) -> list[np.ndarray]:
        """`found`, moved towards `wanted` by as much as is allowed for the quantities `which`."""
        return [
            b + np.sign(a - b) * np.maximum(np.abs(a - b) - self.numbers[i], 0)
            for a, b, i in zip(found, wanted, which, strict=True)
        ]


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
            moved, others = [], []
            for seed in SEEDS:
                with (
                    perturbed_arithmetic(seed, ALLOWED * UNIT),
                    documented_errors(seed, backend),
                    kinks.Following(calls) as found,
                ):
                    moved.append(self._gradients(batch))
                others.append(found)
            units = kinks.close(calls, others, 1.0)[: kinks.MOST_UNITS]
            spread = [_rounding(g, [m[i] for m in moved]) for i, g in enumerate(exact)]
            for unit in units:
                with kinks.Following(calls, [unit]):
                    flipped = self._gradients(batch)
                spread = [s + np.abs(f - g) for s, f, g in zip(spread, flipped, exact, strict=True)]
            ends = [
                self._applied(wide, [g + sign * s for g, s in zip(exact, spread, strict=True)])
                for sign in (-1, 0, 1)
            ]
        numbers = [np.ptp(np.stack(three), axis=0) for three in zip(*ends, strict=True)]
        return Allowance(numbers, units)

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
