"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers import update_rules
from minicnn.optimizers.optimizer import Optimizer, settings_of


class SGD(Optimizer):
    """Goes a step against the gradient: `w ← w − lr · g`.

    With momentum the steps add up to a velocity: `v ← momentum · v − lr · g`, `w ← w + v`.

    With `nesterov` the step is taken from where the momentum leads:
    `w ← w + momentum · v − lr · g` with the new v.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning"
    (2013), eq. 1–4.

    Args:
        learning_rate: lr.
        momentum: the share of the last step that stays, 0 to 1.
        nesterov: see above.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be a float between [0, 1]. Received: momentum={momentum}"
            )
        self.momentum = momentum
        self.nesterov = nesterov

    settings = settings_of(__init__)

    def build(self, variables: Any) -> None:
        """Makes a velocity for each variable, if there is momentum."""
        super().build(variables)
        self.momentums = []
        if self.momentum:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        if not self.momentum:
            variable.assign(variable - lr * g)
            return
        v = self.momentums[self._get_variable_index(variable)]
        v.assign(self.momentum * v - lr * g)
        step = self.momentum * v - lr * g if self.nesterov else v
        variable.assign(variable + step)

    update_rule = update_rules.sgd  # the same for all variables at once
