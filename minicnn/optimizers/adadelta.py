"""Adadelta."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Adadelta(Optimizer):
    """Steps in the weights' own unit: as long as the last ones, in proportion to the gradient.

    The learning rate therefore needs little tuning.

    G ← ρ G + (1 − ρ) g²,  Δ = √(D + ε) / √(G + ε) · g,  D ← ρ D + (1 − ρ) Δ²,  w ← w − lr · Δ.

    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1.

    Args:
        learning_rate: lr; the paper's is 1.
        rho: ρ, the share of the averages that stays at each step.
        epsilon: ε, a small number; without it nothing would begin to move.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.rho = rho
        self.epsilon = epsilon

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the mean squares of each variable's gradients and steps."""
        super().build(var_list)
        self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(
            var_list, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        i = self._get_variable_index(variable)
        squares, steps = self._accumulated_grads[i], self._accumulated_delta_vars[i]
        squares.assign(self.rho * squares + (1 - self.rho) * ops.square(g))
        step = ops.sqrt(steps + self.epsilon) / ops.sqrt(squares + self.epsilon) * g
        steps.assign(self.rho * steps + (1 - self.rho) * ops.square(step))
        variable.assign(variable - lr * step)
