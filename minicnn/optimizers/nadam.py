"""Nadam."""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops
from minicnn.common import configuration
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Nadam(Optimizer):
    """Adam with Nesterov's momentum, which grows in the first steps.

    The step uses the mean as it will be after the next gradient.

    μₜ = β₁ (1 − 0.96ᵗ / 2),  Πₜ = μ₁ · … · μₜ,
    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
    m̂ = μₜ₊₁ m / (1 − Πₜ₊₁) + (1 − μₜ) g / (1 − Πₜ),  v̂ = v / (1 − β₂ᵗ),
    w ← w − lr · m̂ / (√v̂ + ε).

    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016).

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
        """Makes the moments of each variable's gradient, and the product Π."""
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )
        variables = self._trainable_variables
        dtype = variables[0].dtype if variables else configuration.floatx()
        self._u_product = self.add_variable((), initializers.Ones(), dtype, name="u_product")

    def update_all(self, grads: list[Any], variables: list[Any], learning_rate: Any) -> None:
        """Changes all variables, after the product Π that they share."""
        self._u_product.assign(self._u_product * self._momentum(int(self.iterations) + 1))
        super().update_all(grads, variables, learning_rate)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        t = int(self.iterations) + 1
        now, next_one, product = self._momentum(t), self._momentum(t + 1), float(self._u_product)
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        m.assign(m + (g - m) * (1 - self.beta_1))
        v.assign(v + (ops.square(g) - v) * (1 - self.beta_2))
        m_hat = m * (next_one / (1 - product * next_one)) + g * ((1 - now) / (1 - product))
        v_hat = v / (1 - self.beta_2**t)
        variable.assign(variable - lr * m_hat / (ops.sqrt(v_hat) + self.epsilon))

    def _momentum(self, t: int) -> float:
        """μ at step t."""
        return self.beta_1 * (1 - 0.5 * 0.96**t)
