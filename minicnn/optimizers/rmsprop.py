"""RMSprop."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers import update_rules
from minicnn.optimizers.optimizer import Optimizer, settings_of


class RMSprop(Optimizer):
    """The gradient divided by the root of its mean square: `v ← ρ v + (1 − ρ) g²`,
    `w ← w − lr · g / √(v + ε)`.

    With `momentum` the step is `m ← momentum · m + lr · g / √(v + ε)`, `w ← w − m`. With `centered`
    the variance `v − a²`, where `a ← ρ a + (1 − ρ) g`, stands for v in the step.

    Source: Hinton, "Neural networks for machine learning" (2012), lecture 6e; the centred form:
    Graves, "Generating sequences with recurrent neural networks" (2013), eq. 38–45.

    Args:
        learning_rate: lr.
        rho: ρ, the share of v that stays at each step.
        momentum: the share of the last step that stays.
        epsilon: ε, a small number.
        centered: see above.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the averages of each variable's gradient."""
        super().build(var_list)
        self._velocities = self.add_optimizer_variables(var_list, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(var_list, "momentum")
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(var_list, "average_gradient")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        i = self._get_variable_index(variable)
        v = self._velocities[i]
        v.assign(self.rho * v + (1 - self.rho) * ops.square(g))
        spread = v
        if self.centered:
            a = self._average_gradients[i]
            a.assign(self.rho * a + (1 - self.rho) * g)
            spread = v - ops.square(a)
        step = lr * g / ops.sqrt(spread + self.epsilon)
        if self.momentum > 0:
            m = self._momentums[i]
            m.assign(self.momentum * m + step)
            step = m
        variable.assign(variable - step)

    update_rule = update_rules.rmsprop  # the same for all variables at once
