"""Activation functions as operations."""

from __future__ import annotations

import math

import numpy as np

from compare.judges.definitions.activations import ACTIVATIONS, sigmoid, softmax, softplus


def elu(x, alpha=1.0):
    """The input where it is positive, elsewhere alpha · (exp(x) − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    """The input where it is positive, elsewhere alpha · (exp(x / alpha) − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def selu(x):
    """An ELU with the two constants of Klambauer et al."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x, approximate=True):
    """The product x · Φ(x), or Hendrycks and Gimpel's approximation of it."""
    if not approximate:
        return ACTIVATIONS["gelu"](x)
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def leaky_relu(x, negative_slope=0.2):
    """The input, times the slope where it is negative."""
    return np.where(x > 0, x, negative_slope * x)


def hard_sigmoid(x):
    """A straight line from 0 at −3 to 1 at 3."""
    return np.clip(x / 6 + 0.5, 0, 1)


def glu(x, axis=-1):
    """The first half, times the sigmoid of the second."""
    first, second = np.split(x, 2, axis)
    return first * sigmoid(second)


def threshold(x, threshold, default_value):
    """The input where it exceeds the threshold, elsewhere the default value."""
    return np.where(x > threshold, x, np.asarray(default_value, x.dtype))


def log_softmax(x, axis=-1):
    """The logarithm of the softmax."""
    return np.log(softmax(x, axis))


def hard_shrink(x, threshold=0.5):
    """The input where its size exceeds the threshold, elsewhere 0."""
    return np.where(abs(x) > threshold, x, 0 * x)


def soft_shrink(x, threshold=0.5):
    """The input moved towards 0 by the threshold."""
    return np.sign(x) * np.maximum(abs(x) - threshold, 0)


def sparse_plus(x):
    """0 up to −1, (x + 1)² / 4 up to 1, then x."""
    return np.where(x <= -1, 0 * x, np.where(x >= 1, x, (x + 1) ** 2 / 4))


def squareplus(x, b=4):
    """Half of x + √(x² + b)."""
    return (x + np.sqrt(x * x + b)) / 2


def silu(x):
    """The input, times its sigmoid."""
    return x * sigmoid(x)


def hard_silu(x):
    """The input, times its hard sigmoid."""
    return x * hard_sigmoid(x)


DEFINITIONS = {
    "celu": celu,
    "elu": elu,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": leaky_relu,
    "log_sigmoid": lambda x: -softplus(-x),
    "log_softmax": log_softmax,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": squareplus,
    "swish": silu,
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
    "threshold": threshold,
}
