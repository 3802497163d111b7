"""Learning rates that fall from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.optimizers.schedules.learning_rate_schedule import FormulaSchedule, check_positive


class _DecayByRate(FormulaSchedule):
    """What exponential and inverse time decay have in common.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the length of a period.
        decay_rate: how much a period does; see the formula.
        staircase: change at the end of each period only.
        name: of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ):
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name or type(self).__name__

    def _periods(self, step: np.ndarray) -> np.ndarray:
        periods = step / self.decay_steps
        return np.floor(periods) if self.staircase else periods

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class ExponentialDecay(_DecayByRate):
    """`initial_learning_rate · decay_rate ^ (step / decay_steps)`.

    Example:
        >>> import minicnn as keras
        >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5, staircase=True)
        >>> [float(schedule(step)) for step in (0, 9, 10, 20)]
        [0.5, 0.5, 0.25, 0.125]
    """

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        return self.initial_learning_rate * self.decay_rate ** self._periods(step)


class InverseTimeDecay(_DecayByRate):
    """`initial_learning_rate / (1 + decay_rate · step / decay_steps)`."""

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        return self.initial_learning_rate / (1 + self.decay_rate * self._periods(step))


class PolynomialDecay(FormulaSchedule):
    """`(initial − end) · (1 − step / decay_steps) ^ power + end`, and `end` from then on.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the step at which the end is reached.
        end_learning_rate: the rate there.
        power: 1 for a straight line.
        cycle: instead of staying at the end, start again from where a curve stretched to the next
            multiple of `decay_steps` would be.
        name: of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ):
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        if self.cycle:
            length = self.decay_steps * np.maximum(1, np.ceil(step / self.decay_steps))
        else:
            length = self.decay_steps
        left = 1 - np.minimum(step, length) / length
        start = np.asarray(self.initial_learning_rate, dtype="float64")
        return (start - self.end_learning_rate) * left**self.power + self.end_learning_rate

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class PiecewiseConstantDecay(FormulaSchedule):
    """`values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.

    Args:
        boundaries: steps, in rising order.
        values: rates, one more than boundaries.
        name: of the schedule.
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def rate(self, step: np.ndarray) -> Any:
        """The value of the piece that the step lies in."""
        piece = np.searchsorted(np.asarray(self.boundaries, dtype="float64"), step, side="left")
        return np.asarray(self.values, dtype="float64")[piece]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
