"""Schedule-free AdamW."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class ScheduleFreeAdamW(Optimizer):
    """Adam's scaled steps, and an average of all weights so far in place of a schedule.

    v ← β₂ v + (1 − β₂) g²,  z ← z − lr · g / (√(v / (1 − β₂ᵗ)) + ε),
    x ← (1 − 1/t) x + z / t,  w ← (1 − β₁) z + β₁ x at step t.

    g is the gradient at w. z is kept; x is found again from z and w. In the first `warmup_steps`
    steps lr is multiplied by t / `warmup_steps`.

    Source: Defazio et al., "The road less scheduled" (2024), algorithm 1, with all steps of the
    same weight in the average.

    Example:
        >>> import minicnn as keras
        >>> w = keras.Variable([1.0, -1.0])
        >>> keras.optimizers.ScheduleFreeAdamW(0.5).apply([[3.0, -2.0]], [w])
        >>> w.numpy()
        array([ 0.5, -0.5], dtype=float32)

    Args:
        learning_rate: lr.
        beta_1: β₁, the share of x in w.
        beta_2: β₂, the share of v that stays at each step.
        epsilon: ε, a small number.
        warmup_steps: see above.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes z, which begins as the variable, and v for each variable."""
        super().build(var_list)
        self._momentums, self._velocities = self.add_optimizer_variables(
            var_list, ["momentum", "velocity"]
        )
        for z, variable in zip(self._momentums, var_list, strict=True):
            z.assign(variable)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        t = int(self.iterations) + 1
        if self.warmup_steps > 0:
            lr *= min(t / self.warmup_steps, 1.0)
        i, share = self._get_variable_index(variable), 1 - self.beta_1  # the share of z in w
        z, v = self._momentums[i], self._velocities[i]
        x = (variable - share * z) / (1 - share)
        v.assign(v + (ops.square(g) - v) * (1 - self.beta_2))
        z.assign(z - lr * g / (ops.sqrt(v / (1 - self.beta_2**t)) + self.epsilon))
        x = (1 - 1 / t) * x + 1 / t * z
        variable.assign(share * z + (1 - share) * x)
