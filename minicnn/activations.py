"""Activation functions, by the names that layers accept.

They call the functions of `ops`, for arrays, tensors and symbolic tensors.
"""

from __future__ import annotations

import types
from typing import Any

from minicnn import ops
from minicnn.common import keras_names
from minicnn.serialization import object_registration
from minicnn.serialization.named_objects import NamedObjects
from minicnn.serialization.serialize import serialize_keras_object


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """`x` above the threshold, else `negative_slope · (x − threshold)`; at most `max_value`.

    >>> relu([-10.0, -5.0, 0.0, 5.0, 10.0], negative_slope=0.5).tolist()
    [-5.0, -2.5, 0.0, 5.0, 10.0]
    """
    x = ops.convert_to_tensor(x)
    if threshold == 0 and max_value is None:
        return ops.leaky_relu(x, negative_slope) if negative_slope else ops.relu(x)
    if threshold == 0 and max_value == 6:
        positive = ops.relu6(x)  # as in Keras: with the gradient 0 at x = 6
    else:
        positive = ops.where(x > threshold, x, ops.zeros_like(x)) if threshold else ops.relu(x)
        positive = positive if max_value is None else ops.clip(positive, 0, max_value)
    if not negative_slope:
        return positive
    return positive - negative_slope * ops.relu(threshold - x)


relu.fused_name = "relu"  # see `ops.nn.fused_layers`


def softmax(x: Any, axis: Any = -1) -> Any:
    """`eˣ / Σ eˣ` along an axis: positive numbers whose sum is 1.

    The result keeps `x` as its logits, from which cross-entropies are computed exactly.
    """
    return ops.softmax(x, axis=axis)


def sigmoid(x: Any) -> Any:
    """`1 / (1 + e⁻ˣ)`.

    The result keeps `x` as its logits, from which cross-entropies are computed exactly.
    """
    return ops.sigmoid(x)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """`x` if positive, else `negative_slope · x`."""
    return ops.leaky_relu(x, negative_slope=negative_slope)


def relu6(x: Any) -> Any:
    """`min(max(x, 0), 6)`."""
    return ops.relu6(x)


relu6.fused_name = "relu6"


def elu(x: Any, alpha: float = 1.0) -> Any:
    """`x` if positive, else `alpha · (eˣ − 1)`. Source: Clevert et al. (2016)."""
    return ops.elu(x, alpha=alpha)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """`x` if positive, else `alpha · (e^(x / alpha) − 1)`. Source: Barron (2017)."""
    return ops.celu(x, alpha=alpha)


def selu(x: Any) -> Any:
    """`1.0507 · elu(x, 1.6733)`. Source: Klambauer et al. (2017), eq. 2."""
    return ops.selu(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """`x · Φ(x)`, Φ the normal distribution function. Source: Hendrycks and Gimpel (2016), §2.

    `approximate` replaces Φ by a formula with tanh.
    """
    return ops.gelu(x, approximate=approximate)


def glu(x: Any, axis: int = -1) -> Any:
    """`a · sigmoid(b)`, a and b the halves of x along an axis. Source: Dauphin et al. (2017)."""
    return ops.glu(x, axis=axis)


def silu(x: Any) -> Any:
    """`x · sigmoid(x)`, also called swish. Source: Ramachandran et al. (2017)."""
    return ops.silu(x)


def mish(x: Any) -> Any:
    """`x · tanh(softplus(x))`. Source: Misra (2019)."""
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))


def softplus(x: Any) -> Any:
    """`log(1 + eˣ)`."""
    return ops.softplus(x)


def softsign(x: Any) -> Any:
    """`x / (1 + |x|)`."""
    return ops.softsign(x)


def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`x` moved towards 0 by `threshold`, but not past it."""
    return ops.soft_shrink(x, threshold=threshold)


def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`x` where `|x| > threshold`, else 0."""
    return ops.hard_shrink(x, threshold=threshold)


def tanh_shrink(x: Any) -> Any:
    """`x − tanh(x)`."""
    return ops.tanh_shrink(x)


def sparse_plus(x: Any) -> Any:
    """0 below −1, `x` above 1, `(x + 1)² / 4` between."""
    return ops.sparse_plus(x)


def squareplus(x: Any, b: float = 4) -> Any:
    """`(x + √(x² + b)) / 2`. Source: Barron (2021)."""
    return ops.squareplus(x, b=b)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return ops.tanh(x)


def hard_tanh(x: Any) -> Any:
    """`min(max(x, −1), 1)`."""
    return ops.hard_tanh(x)


def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """`x` above the threshold, else `default_value`."""
    return ops.threshold(x, threshold, default_value)


def exponential(x: Any) -> Any:
    """`eˣ`."""
    return ops.exp(x)


def hard_sigmoid(x: Any) -> Any:
    """`x / 6 + 1/2`, cut off at 0 and 1."""
    return ops.hard_sigmoid(x)


def log_sigmoid(x: Any) -> Any:
    """`log(1 / (1 + e⁻ˣ))`."""
    return ops.log_sigmoid(x)


def sparse_sigmoid(x: Any) -> Any:
    """`(x + 1) / 2`, cut off at 0 and 1."""
    return ops.sparse_sigmoid(x)


def hard_silu(x: Any) -> Any:
    """`x · hard_sigmoid(x)`, also called hard swish. Source: Howard et al. (2019), §5.2."""
    return ops.hard_silu(x)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """`log(softmax(x))` along an axis, without overflow."""
    return ops.log_softmax(x, axis=axis)


def sparsemax(x: Any, axis: int = -1) -> Any:
    """`max(x − τ, 0)`, τ such that the sum is 1. Source: Martins and Astudillo (2016), eq. 3."""
    return ops.sparsemax(x, axis=axis)


def linear(x: Any) -> Any:
    """`x` itself."""
    return x


linear.fused_name = "linear"


swish = silu
hard_swish = hard_silu

_FUNCTIONS = (
    *(celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh),
    *(leaky_relu, linear, log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu),
    *(soft_shrink, softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax),
    *(squareplus, tanh, tanh_shrink, threshold),
)
_ACTIVATIONS = NamedObjects(
    "activation function",
    {
        **{function.__name__: function for function in _FUNCTIONS},
        "swish": silu,
        "hard_swish": hard_silu,
    },
)
deserialize = _ACTIVATIONS.deserialize


def get(identifier: Any) -> Any:
    """The activation that a name, a config, a class or a callable means; None is `linear`.

    >>> get("swish") is silu
    True
    """
    return linear if identifier is None else _ACTIVATIONS.get(identifier)


def serialize(activation: Any) -> Any:
    """The config of an activation: its name if it is one of the library, else a dict."""
    name = getattr(activation, "__name__", None)
    if _ACTIVATIONS.known.get(name) is activation:
        return name
    config = serialize_keras_object(activation)
    if "config" not in config:
        raise ValueError(
            f"Unknown activation function '{activation}' cannot be serialized. Register it with "
            "`@keras.saving.register_keras_serializable()`, or use one of keras.activations."
        )
    if isinstance(activation, types.FunctionType) and isinstance(config["config"], str):
        config["config"] = object_registration.get_registered_name(activation)
    return config


__getattr__ = keras_names.missing_in(__name__)
