"""Activation functions and penalties, by their names."""

from __future__ import annotations

import math

import numpy as np

from compare.judges.definitions.undefined import Undefined


def softmax(x, axis=-1):
    """exp(x) over its sum."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def sigmoid(x):
    """1 / (1 + exp(−x))."""
    return 1 / (1 + np.exp(-x))


def softplus(x):
    """log(1 + exp(x))."""
    return np.logaddexp(0, x)


def gelu(x):
    """The product x · Φ(x), with the normal distribution Φ."""
    erf = np.vectorize(math.erf, otypes=[float])
    return (x * (1 + erf(x / math.sqrt(2))) / 2).astype(x.dtype)


ACTIVATIONS = {
    None: lambda x: x,
    "linear": lambda x: x,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "exponential": np.exp,
    "gelu": gelu,
    "leaky_relu": lambda x: np.where(x > 0, x, np.asarray(0.2, x.dtype) * x),
    "relu": lambda x: np.where(x > 0, x, 0 * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "softmax": softmax,
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "swish": lambda x: x * sigmoid(x),
    "tanh": np.tanh,
}
PENALTIES = {
    "l1": lambda x: 0.01 * abs(x).sum(),
    "l2": lambda x: 0.01 * (x * x).sum(),
    "l1_l2": lambda x: 0.01 * (abs(x).sum() + (x * x).sum()),
}


def activation(name):
    """The activation function of a name."""
    if not isinstance(name, (str, type(None))) or name not in ACTIVATIONS:
        raise Undefined(f"activation {name}")
    return ACTIVATIONS[name]


def penalties(l1=0.0, l2=0.0):
    """The sums of the absolute values and of the squares, each with its factor."""
    return lambda x: l1 * abs(x).sum() + l2 * (x * x).sum()


def penalty(name):
    """The penalty of a name: "l1", for example; or the penalty that is given."""
    if callable(name):
        return name
    if not isinstance(name, str) or name not in PENALTIES:
        raise Undefined(f"regularizer {name}")
    return PENALTIES[name]
