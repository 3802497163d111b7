"""The optimizer that divides scaled gradients by the scale before another one uses them."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.weight import Weight


class LossScaleOptimizer:
    """Doubles the scale after many finite steps; halves it, without a step, after others."""

    def __init__(
        self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None
    ):
        self.inner, self.growth = inner_optimizer, dynamic_growth_steps
        self.counter, self.scale = Weight(0, "int32"), Weight(np.float32(initial_scale))

    @property
    def variables(self):
        """Two that are not used, the counter and the scale, then those of the inner optimizer."""
        return [Weight(0, "int64"), Weight(0.0), self.counter, self.scale, *self.inner.variables]

    def apply(self, gradients, weights):
        """A step of the inner optimizer with the true gradients."""
        if not all(np.isfinite(g).all() for g in gradients):
            self.counter.assign(0)
            self.scale.assign(self.scale.value / 2)
            return
        self.inner.apply([g / self.scale.value for g in gradients], weights)
        self.counter.assign(self.counter.value + 1)
        if self.counter.value == self.growth:
            self.counter.assign(0)
            self.scale.assign(self.scale.value * 2)

    def finalize_variable_values(self, weights):
        """As the inner optimizer does."""
        self.inner.finalize_variable_values(weights)

    def get_config(self):
        """A definition has no configuration."""
        return {}

    @classmethod
    def from_config(cls, config):
        """A definition has no configuration."""
        return cls.__new__(cls)


DEFINITIONS = {"LossScaleOptimizer": LossScaleOptimizer}
