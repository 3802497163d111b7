"""Adamax."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Adamax(Optimizer):
    """Adam with the largest gradient of late in place of the mean square.

    One large gradient therefore makes the steps small for a while.

    m ← β₁ m + (1 − β₁) g,  u ← max(β₂ u, |g|),  w ← w − lr / (1 − β₁ᵗ) · m / (u + ε).

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 2.

    Args:
        learning_rate: lr.
        beta_1: β₁, the share of m that stays at each step.
        beta_2: β₂, the share of u that stays at each step.
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
        """Makes the mean and the largest of each variable's gradient."""
        super().build(var_list)
        self._m, self._u = self.add_optimizer_variables(var_list, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        g = ops.cast(gradient, variable.dtype)
        rate = float(learning_rate) / (1 - self.beta_1 ** (int(self.iterations) + 1))
        i = self._get_variable_index(variable)
        m, u = self._m[i], self._u[i]
        m.assign(m + (g - m) * (1 - self.beta_1))
        u.assign(ops.maximum(self.beta_2 * u, ops.abs(g)))
        variable.assign(variable - rate * m / (u + self.epsilon))
