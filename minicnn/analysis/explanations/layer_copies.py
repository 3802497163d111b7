"""A layer with other settings, for one calculation: the layer itself stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.layers import Activation


def layer_with(layer: Any, **attributes: Any) -> Any:
    """An object with the same weights and `call`, but other attributes."""
    copy = object.__new__(type(layer))
    vars(copy).update(vars(layer))
    vars(copy).update(attributes)
    return copy


def has_activation(layer: Any) -> bool:
    """Whether the layer applies a function after its sum."""
    activation = getattr(layer, "activation", None)
    return activation is not None and getattr(activation, "__name__", "") != "linear"


def before_activation(call: Call) -> Tensor:
    """What the layer computes before its activation."""
    if not has_activation(call.layer):
        return call.outputs[0]
    if isinstance(call.layer, Activation):
        return call.inputs[0]
    args, kwargs = call.arguments
    with quiet():
        return layer_with(call.layer, activation=None).call(*args, **kwargs)


def pulled_back(function: Any, x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """The cotangent of `x`, from that of `function(x)`."""
    x = Tensor(x)
    with quiet(), GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    gradient = tape.gradient(y, x, Tensor(np.asarray(cotangent, y.dtype)))
    return np.zeros_like(x.array) if gradient is None else gradient.numpy()
