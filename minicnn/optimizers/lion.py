"""Lion."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Lion(Optimizer):
    """Steps of equal size for all weights, by the sign of a mean of gradients.

    It keeps one number for each weight.

    `w ← w − lr · sign(β₁ m + (1 − β₁) g)`, `m ← β₂ m + (1 − β₂) g`.

    Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2. Its
    learning rate is to be 3 to 10 times smaller than Adam's, its weight decay as much larger.

    Args:
        learning_rate: lr.
        beta_1: β₁, the share of m in the direction of a step, above 0 and up to 1.
        beta_2: β₂, the share of m that stays at each step.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer "
                f"degenerates to SignSGD. Received: beta_1={beta_1}."
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the average of each variable's gradient."""
        super().build(var_list)
        self._momentums = self.add_optimizer_variables(var_list, "momentum")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        m = self._momentums[self._get_variable_index(variable)]
        direction = ops.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        variable.assign(variable - lr * direction)
        m.assign(self.beta_2 * m + (1 - self.beta_2) * g)
