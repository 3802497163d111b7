"""Learning rates that fall along half a wave of the cosine.

Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), eq. 5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.optimizers.schedules.learning_rate_schedule import FormulaSchedule, check_positive


class CosineDecay(FormulaSchedule):
    """`peak · ((1 − alpha) · (1 + cos(π · t)) / 2 + alpha)`, t going from 0 to 1 in decay_steps.

    With `warmup_target` the rate first rises in a straight line from `initial_learning_rate` to
    `warmup_target`, in `warmup_steps`, and that is the peak. Without, the peak is
    `initial_learning_rate`, and the decay begins at once.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: how many steps the decay takes.
        alpha: what is left at the end, as a share of the peak.
        name: of the schedule.
        warmup_target: the peak, or None.
        warmup_steps: how many steps the rise takes.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ):
        check_positive("decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        start = np.asarray(self.initial_learning_rate, dtype="float64")
        if self.warmup_target is None:
            return start * self._share_left(step)
        rising = start + (self.warmup_target - start) * step / max(self.warmup_steps, 1)
        falling = self.warmup_target * self._share_left(step - self.warmup_steps)
        return np.where(step < self.warmup_steps, rising, falling)

    def _share_left(self, step: np.ndarray) -> Any:
        t = np.minimum(step / self.decay_steps, 1)
        return (1 - self.alpha) * half_wave(t) + self.alpha

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(FormulaSchedule):
    """Cosine decay that begins again and again, `m_mul` times as high, for `t_mul` times as long.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: how many steps the first decay takes.
        t_mul: how many times as long each decay is as the one before.
        m_mul: how many times as high each decay starts as the one before.
        alpha: the least rate, as a share of `initial_learning_rate`.
        name: of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ):
        check_positive("first_decay_steps", first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def rate(self, step: np.ndarray) -> Any:
        """The formula."""
        restarts, t = self._position(step / self.first_decay_steps)
        height = self.m_mul**restarts * half_wave(t)
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)

    def _position(self, time: np.ndarray) -> tuple[Any, Any]:
        """How many restarts there have been, and which share of the decay since has passed."""
        if self.t_mul == 1:
            return np.floor(time), time - np.floor(time)
        # The i-th decay starts at 1 + t_mul + ... + t_mul^(i−1) = (t_mul^i − 1) / (t_mul − 1).
        # A restart must not be missed because its logarithm was rounded down.
        i = np.log1p(time * (self.t_mul - 1)) / np.log(self.t_mul)
        restarts = np.floor(i + 1e-9)
        start = (self.t_mul**restarts - 1) / (self.t_mul - 1)
        return restarts, np.maximum(time - start, 0) / self.t_mul**restarts

    def get_config(self) -> dict[str, Any]:
        """The arguments that make the same schedule again."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


def half_wave(t: np.ndarray) -> np.ndarray:
    """`(1 + cos(π · t)) / 2`: from 1 at t = 0 to 0 at t = 1."""
    return (1 + np.cos(np.pi * t)) / 2
