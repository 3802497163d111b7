"""Layers of normalization."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.layers.layer import Layer


def along(vector, axes, ndim):
    """The array of a weight, with its axes at these axes of an array with `ndim` axes."""
    shape = [1] * ndim
    for axis, n in zip(axes, vector.shape, strict=True):
        shape[axis] = n
    return vector.reshape(shape)


def normalized(x, axes, epsilon):
    """(x − mean) / √(variance + ε), with the moments over the axes."""
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + epsilon)


class ScaledAndShifted(Layer):
    """A normalization, then gamma · x + beta along the axes `axis`."""

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, **others):
        super().__init__(**others)
        self.axis = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
        self.epsilon, self.center, self.scale = epsilon, center, scale

    def build(self, shape):
        """A gamma and a beta for each element along the axes."""
        parts = [shape[axis] for axis in self.axis]
        self.gamma = self.add_weight("gamma", parts) if self.scale else None
        self.beta = self.add_weight("beta", parts) if self.center else None

    def scaled(self, x):
        """The product with gamma, plus beta."""
        y = x * along(self.gamma.value, self.axis, x.ndim) if self.scale else x
        return y + along(self.beta.value, self.axis, x.ndim) if self.center else y


class LayerNormalization(ScaledAndShifted):
    """Each row by its own moments."""

    def call(self, x, training):
        """Normalized along the axes."""
        return self.scaled(normalized(x, self.axis, self.epsilon))


class GroupNormalization(ScaledAndShifted):
    """Each group of channels of each row by its own moments; −1: each channel is a group."""

    def __init__(self, groups=32, **others):
        super().__init__(**others)
        self.groups = groups

    def call(self, x, training):
        """Normalized over all positions and the channels of a group."""
        rows = np.moveaxis(x, self.axis[0], 1)
        groups = rows.shape[1] if self.groups == -1 else self.groups
        split = rows.reshape(len(x), groups, -1)
        y = normalized(split, (2,), self.epsilon).reshape(rows.shape)
        return self.scaled(np.moveaxis(y, 1, self.axis[0]))


class BatchNormalization(ScaledAndShifted):
    """Each channel by the moments of the batch; in inference by their moving averages."""

    def __init__(self, axis=-1, momentum=0.99, **others):
        super().__init__(axis=axis, **others)
        self.momentum = momentum

    def build(self, shape):
        """Also the moving averages, which are not trainable."""
        super().build(shape)
        parts = [shape[axis] for axis in self.axis]
        self.mean = self.add_weight("moving_mean", parts, trainable=False)
        self.variance = self.add_weight("moving_variance", parts, trainable=False)

    def call(self, x, training):
        """In training, the moving averages move towards the moments."""
        if not training:
            mean, variance = (along(m.value, self.axis, x.ndim) for m in (self.mean, self.variance))
            return self.scaled((x - mean) / np.sqrt(variance + self.epsilon))
        others = tuple(i for i in range(x.ndim) if i not in (self.axis[0] % x.ndim,))
        for moving, batch in ((self.mean, x.mean(others)), (self.variance, x.var(others))):
            moving.assign(self.momentum * moving.value + (1 - self.momentum) * batch)
        return self.scaled(normalized(x, others, self.epsilon))


class RMSNormalization(Layer):
    """scale · x / √(mean of x² + ε)."""

    def __init__(self, axis=-1, epsilon=1e-6, **others):
        super().__init__(**others)
        self.axis = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
        self.epsilon = epsilon

    def build(self, shape):
        """A factor for each element along the axes."""
        self.factor = self.add_weight("scale", tuple(shape[axis] for axis in self.axis))

    def call(self, x, training):
        """Each row over its root mean square."""
        y = x / np.sqrt((x**2).mean(self.axis, keepdims=True) + self.epsilon)
        return y * self.factor.value  # along the last axes, whichever those of the mean are


class UnitNormalization(Layer):
    """x over its length along the axes."""

    def __init__(self, axis=-1, **others):
        super().__init__(**others)
        self.axis = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)

    def call(self, x, training):
        """Each row has the length one."""
        return x / np.sqrt((x * x).sum(self.axis, keepdims=True))


DEFINITIONS = {
    "BatchNormalization": BatchNormalization,
    "GroupNormalization": GroupNormalization,
    "LayerNormalization": LayerNormalization,
    "RMSNormalization": RMSNormalization,
    "UnitNormalization": UnitNormalization,
}
