"""Layers of pooling."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.layers.layer import Layer
from compare.judges.definitions.operations import pooling
from compare.judges.definitions.windows import as_given, channels_last


class Pooling(Layer):
    """An operation of pooling (the class attribute `operation`)."""

    operation = None

    def __init__(self, name=None, **arguments):
        super().__init__(name=name)
        self.arguments = arguments

    def call(self, x, training):
        """The operation."""
        return type(self).operation(x, **self.arguments)


class GlobalPooling(Layer):
    """One number for each channel (the class attribute `reduced` makes it)."""

    reduced = None

    def __init__(self, keepdims=False, data_format=None, **others):
        super().__init__(**others)
        self.keepdims, self.data_format = keepdims, data_format

    def call(self, x, training):
        """The reduction of all positions."""
        x = channels_last(x, self.data_format)
        elements = np.moveaxis(x.reshape(len(x), -1, x.shape[-1]), 1, 0)
        y = type(self).reduced(elements)
        if not self.keepdims:
            return y
        return as_given(y.reshape(len(x), *(1,) * (x.ndim - 2), -1), self.data_format)


KINDS = {"Max": ("max_pool", pooling.largest), "Average": ("average_pool", pooling.mean)}
DEFINITIONS = {}
for kind, (operation, reduced) in KINDS.items():
    for n in (1, 2, 3):
        for prefix, base, content in (
            ("", Pooling, {"operation": pooling.DEFINITIONS[operation]}),
            ("Adaptive", Pooling, {"operation": pooling.DEFINITIONS[f"adaptive_{operation}"]}),
            ("Global", GlobalPooling, {"reduced": reduced}),
        ):
            name = f"{prefix}{kind}Pooling{n}D"
            DEFINITIONS[name] = type(name, (base,), content)
