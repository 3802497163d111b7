"""Follow the regularized leader."""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Ftrl(Optimizer):
    """Weights that minimise all gradients so far plus penalties; many become exactly zero.

    It suits linear models with many features that seldom occur.

    n' = n + g²,  σ = (n'^−p − n^−p) / lr,  z ← z + g + 2 · l2_shrinkage · w − σ w,  n ← n',
    w = (clip(z, −l1, l1) − z) / (n^−p / lr + 2 · l2 + beta / lr),
    where p is `learning_rate_power`.

    Source: McMahan et al., "Ad click prediction: a view from the trenches" (2013), algorithm 1,
    with a power in place of the square root.

    Args:
        learning_rate: lr.
        learning_rate_power: p, not positive; −1/2 for the paper's square root.
        initial_accumulator_value: n at the beginning, not negative.
        l1_regularization_strength: l1, not negative.
        l2_regularization_strength: l2, not negative.
        l2_shrinkage_regularization_strength: an L2 penalty on the loss instead of on the step.
        beta: the paper's β.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        if learning_rate_power > 0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. "
                f"Received: learning_rate_power={learning_rate_power}."
            )
        for name in (
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
        ):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"`{name}` needs to be positive or zero. "
                    f"Received: {name}={getattr(self, name)}."
                )

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes n and z for each variable."""
        super().build(var_list)
        start = initializers.Constant(self.initial_accumulator_value)
        self._accumulators, self._linears = self.add_optimizer_variables(
            var_list, ["accumulator", "linear"], [start, "zeros"]
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        i = self._get_variable_index(variable)
        n, z = self._accumulators[i], self._linears[i]
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        new_n = n + ops.square(g)
        root, new_root = ops.power(n, power), ops.power(new_n, power)
        shrinkage = 2 * self.l2_shrinkage_regularization_strength * variable
        z.assign(z + g + shrinkage - (new_root - root) / lr * variable)
        n.assign(new_n)
        curvature = (new_root + self.beta) / lr + 2 * self.l2_regularization_strength
        variable.assign((ops.clip(z, -l1, l1) - z) / curvature)
