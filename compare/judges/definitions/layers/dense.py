"""Dense layers and penalties on activations."""

from __future__ import annotations

from compare.judges.definitions.activations import activation
from compare.judges.definitions.layers.layer import Layer


class Dense(Layer):
    """activation(x · kernel + bias)."""

    def __init__(self, units, activation=None, use_bias=True, **others):
        super().__init__(**others)
        self.units, self.activation, self.use_bias = units, activation, use_bias

    def build(self, shape):
        """A column of the kernel for each unit."""
        self.kernel = self.add_weight("kernel", (shape[-1], self.units))
        self.bias = self.add_weight("bias", (self.units,)) if self.use_bias else None

    def call(self, x, training):
        """The units' sums over the last axis, then the activation."""
        kernel = self.kernel.value
        y = sum(x[..., i, None] * kernel[i] for i in range(len(kernel)))
        return activation(self.activation)(y + (self.bias.value if self.use_bias else 0))


class ActivityRegularization(Layer):
    """The input itself; its penalty is l1 · Σ|x| + l2 · Σx², over the batch size."""

    def __init__(self, l1=0.0, l2=0.0, **others):
        super().__init__(**others)
        self._activity = lambda y: l1 * abs(y).sum() + l2 * (y * y).sum()

    def call(self, x, training):
        """The input."""
        return x


DEFINITIONS = {"ActivityRegularization": ActivityRegularization, "Dense": Dense}
