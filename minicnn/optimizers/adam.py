"""Adam, and its variants with the largest velocity and with decoupled weight decay."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers import update_rules
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Adam(Optimizer):
    """Steps of about the same size for every weight, by the moments of its gradient.

    The mean of the gradient gives the direction, the mean of its square the scale.

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
    w ← w − α · m / (√v + ε),  α = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) at step t.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1 in the
    order of computation at the end of §2. `epsilon` is the paper's ε̂, which stands outside the
    bias correction. With `amsgrad` v is replaced in the step by the largest v so far: Reddi et al.,
    "On the convergence of Adam and beyond" (2018), algorithm 2.

    Args:
        learning_rate: lr.
        beta_1: β₁, the share of m that stays at each step.
        beta_2: β₂, the share of v that stays at each step.
        epsilon: ε, a small number.
        amsgrad: see above.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the moments of each variable's gradient."""
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(var_list, "velocity_hat")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        t = int(self.iterations) + 1
        alpha = lr * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        # β m + (1 − β) g, so written that m stays g where it is g: in float16, 0.999 + 0.001 ≠ 1.
        m.assign(m + (g - m) * (1 - self.beta_1))
        v.assign(v + (ops.square(g) - v) * (1 - self.beta_2))
        if self.amsgrad:
            largest = self._velocity_hats[i]
            largest.assign(ops.maximum(largest, v))
            v = largest
        variable.assign(variable - alpha * m / (ops.sqrt(v) + self.epsilon))

    update_rule = update_rules.adam  # the same for all variables at once


class AdamW(Adam):
    """Adam with weight decay beside the gradient: `w ← w − lr · weight_decay · w` before each step.

    So the decay is not scaled by the gradient's size.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2.

    Args:
        learning_rate: lr.
        weight_decay: the share of the weights that goes at each step, as a multiple of lr.
        beta_1: as for Adam.
        beta_2: as for Adam.
        epsilon: as for Adam.
        amsgrad: as for Adam.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **shared: Any,
    ):
        if weight_decay is None:
            raise ValueError(
                "Argument `weight_decay` must be a float. Received: weight_decay=None. "
                "Use Adam for no weight decay."
            )
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **shared
        )
