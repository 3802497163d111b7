"""Adagrad."""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Adagrad(Optimizer):
    """Steps that become shorter the more a weight has been changed.

    Weights that seldom have a gradient keep their long steps.

    G ← G + g²,  w ← w − lr · g / √(G + ε).

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization" (2011), the diagonal form of §1.1.

    Args:
        learning_rate: lr; the paper's is 1.
        initial_accumulator_value: G at the beginning.
        epsilon: ε, a small number.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the sum of squares of each variable's gradient."""
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators = self.add_optimizer_variables(var_list, "accumulator", start)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        total = self._accumulators[self._get_variable_index(variable)]
        total.assign(total + ops.square(g))
        variable.assign(variable - lr * g / ops.sqrt(total + self.epsilon))
