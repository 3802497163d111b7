"""LAMB."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.clipping import global_norm
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Lamb(Optimizer):
    """Adam with steps in proportion to the length of each variable, for large batches.

    A large variable makes long steps, a small one short ones.

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
    r = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε),  w ← w − lr · ‖w‖ / ‖r‖ · r.

    Source: You et al., "Large batch optimization for deep learning" (2020), algorithm 2.

    Args:
        learning_rate: lr.
        beta_1: β₁, the share of m that stays at each step.
        beta_2: β₂, the share of v that stays at each step.
        epsilon: ε, a small number.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the moments of each variable's gradient."""
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        t = int(self.iterations) + 1
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        m.assign(m + (g - m) * (1 - self.beta_1))
        v.assign(v + (ops.square(g) - v) * (1 - self.beta_2))
        step = m / (1 - self.beta_1**t) / (ops.sqrt(v / (1 - self.beta_2**t)) + self.epsilon)
        weight_norm, step_norm = float(global_norm([variable])), float(global_norm([step]))
        trust = weight_norm / step_norm if weight_norm > 0 and step_norm > 0 else 1.0
        variable.assign(variable - trust * lr * step)
