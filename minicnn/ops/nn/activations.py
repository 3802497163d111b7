"""Activation functions of single elements.

Each comes with its derivative, in terms of the output y where that is cheaper than in terms of x.
At a kink the derivative is that of the flat side. Functions of several steps are `wide`: they
compute in float32 or wider, so that a float16 or bfloat16 result is rounded once.
"""

from __future__ import annotations

import math
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.backend.numpy.activations import SELU_ALPHA, SELU_SCALE
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import divided, scaled


@op(
    "cotangent",
    "y",
    spec=specs.like_first,
    vjp=(lambda g, _, cotangent, y: relu_gradient(g, y), None),
)
def relu_gradient(cotangent: Any, y: Any) -> Any:
    """The cotangent of the input of `y = relu(x)`: the cotangent of y where `y > 0`, else 0."""
    return kernels.relu_gradient(cotangent, y)


@op("x", spec=specs.like_first, vjp=lambda g, y, x: relu_gradient(g, y))
def relu(x: Any) -> Any:
    """Rectified linear unit: `y = max(x, 0)`.

    >>> import minicnn as keras
    >>> keras.ops.relu([-1.0, 0.0, 2.0])
    Tensor([0., 0., 2.], dtype=float32)
    """
    return kernels.relu(x)


relu.fused_name = "relu"


@op(
    "cotangent",
    "y",
    spec=specs.like_first,
    vjp=(lambda g, _, cotangent, y: relu6_gradient(g, y), None),
)
def relu6_gradient(cotangent: Any, y: Any) -> Any:
    """The cotangent of the input of `y = relu6(x)`: that of y where `0 < y < 6`, else 0."""
    return kernels.relu6_gradient(cotangent, y)


@op("x", spec=specs.like_first, vjp=lambda g, y, x: relu6_gradient(g, y), wide=True)
def relu6(x: Any) -> Any:
    """Rectified linear unit with an upper bound: `y = min(max(x, 0), 6)`."""
    return kernels.relu6(x)


relu6.fused_name = "relu6"


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x, negative_slope: ops.where(x > 0, g, g * negative_slope),
    wide=True,
)
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Leaky rectified linear unit: `y = x` where `x > 0`, else `y = negative_slope · x`."""
    return kernels.leaky_relu(x, negative_slope)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    # 1 - y would lose all digits where y is close to 1.
    vjp=lambda g, y, x: scaled(g, y * logistic(-x)),
    wide=True,
)
def logistic(x: Any) -> Any:
    """`y = 1 / (1 + exp(-x))`."""
    return kernels.sigmoid(x)


@composite("x")
def sigmoid(x: Any) -> Any:
    """Logistic sigmoid: `y = 1 / (1 + exp(-x))`, between 0 and 1.

    The result keeps x as its logits, from which `binary_crossentropy` computes: exact also where
    y is rounded to 0 or 1.
    """
    y = logistic(x)
    y._keras_logits = x
    return y


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: scaled(g, logistic(-x)),
    wide=True,
)
def log_sigmoid(x: Any) -> Any:
    """Logarithm of the sigmoid: `y = log(1 / (1 + exp(-x)))`, exact also where that is tiny."""
    return kernels.log_sigmoid(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: ops.where(ops.abs(x) < 3, g / 6, 0),
    wide=True,
)
def hard_sigmoid(x: Any) -> Any:
    """Piecewise linear sigmoid: `y = min(max(x / 6 + 1/2, 0), 1)`."""
    return kernels.hard_sigmoid(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: ops.where(ops.abs(x) < 1, g / 2, 0),
    wide=True,
)
def sparse_sigmoid(x: Any) -> Any:
    """Piecewise linear sigmoid: `y = min(max((x + 1) / 2, 0), 1)`."""
    return kernels.sparse_sigmoid(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: scaled(g, logistic(x)),
    wide=True,
)
def softplus(x: Any) -> Any:
    """Smooth rectifier: `y = log(1 + exp(x))`."""
    return kernels.softplus(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: scaled(g, sparse_sigmoid(x)),
    wide=True,
)
def sparse_plus(x: Any) -> Any:
    """Piecewise quadratic rectifier: 0 below -1, `(x + 1)² / 4` up to 1, `x` above."""
    return kernels.sparse_plus(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x, b: scaled(g, y / ops.hypot(x, math.sqrt(b))),
    wide=True,
)
def squareplus(x: Any, b: float = 4) -> Any:
    """Smooth rectifier without exponentials: `y = (x + √(x² + b)) / 2`."""
    return kernels.squareplus(x, b)


def _softsign_vjp(g, y, x):
    divisor = 1 + ops.abs(x)  # the square of a large x may overflow
    return divided(divided(g, divisor), divisor)


@op("x", promote="float", spec=specs.like_first, vjp=_softsign_vjp, wide=True)
def softsign(x: Any) -> Any:
    """`y = x / (1 + |x|)`, between -1 and 1."""
    return kernels.softsign(x)


def _silu_vjp(g, y, x):
    return scaled(g, logistic(x) + y * logistic(-x))


@op("x", promote="float", spec=specs.like_first, vjp=_silu_vjp, wide=True)
def silu(x: Any) -> Any:
    """Sigmoid linear unit, or swish: `y = x · sigmoid(x)`.

    Source: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units" (2018), eq. 4.
    """
    return kernels.silu(x)


def _hard_silu_vjp(g, y, x):
    return ops.where(x >= 3, g, ops.where(x > -3, g * (x / 3 + 0.5), 0))


@op("x", promote="float", spec=specs.like_first, vjp=_hard_silu_vjp, wide=True)
def hard_silu(x: Any) -> Any:
    """`y = x · hard_sigmoid(x)`. Source: Howard et al., "MobileNetV3" (2019), section 5.2."""
    return kernels.hard_silu(x)


def _exp_below_zero(x):
    """`exp(x)` for negative x. (`y + 1` with `y = exp(x) - 1` would lose its digits.)"""
    return ops.exp(ops.minimum(x, 0))


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x, alpha: ops.where(x > 0, g, scaled(g, alpha * _exp_below_zero(x))),
    wide=True,
)
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Exponential linear unit: `y = x` where `x > 0`, else `y = alpha · (exp(x) - 1)`.

    Source: Clevert, Unterthiner, Hochreiter, "Exponential linear units" (2016), eq. 13.
    """
    return kernels.elu(x, alpha)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: (
        SELU_SCALE * ops.where(x > 0, g, scaled(g, SELU_ALPHA * _exp_below_zero(x)))
    ),
    wide=True,
)
def selu(x: Any) -> Any:
    """Scaled exponential linear unit: 1.0507 times `elu(x, 1.6733)`.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017), eq. 2.
    """
    return kernels.selu(x)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x, alpha: ops.where(x > 0, g, scaled(g, _exp_below_zero(x / alpha))),
    wide=True,
)
def celu(x: Any, alpha: float = 1.0) -> Any:
    """`elu` with a continuous slope: `y = x`, below 0 `y = alpha · (exp(x / alpha) - 1)`."""
    return kernels.celu(x, alpha)


def _gelu_vjp(g, y, x, approximate):
    x = ops.clip(x, -40, 40)  # for larger |x| the slope is 0 or 1, and the powers might overflow
    if not approximate:
        density = ops.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return scaled(g, ops.erfc(x * -math.sqrt(0.5)) / 2 + x * density)
    c = 2 * math.sqrt(2 / math.pi)
    u = c * (x + 0.044715 * x * x * x)
    s = logistic(u)  # (1 + tanh(u / 2)) / 2, without cancellation for negative u
    return scaled(g, s + x * s * logistic(-u) * (c * (1 + 3 * 0.044715 * x * x)))


@op("x", promote="float", spec=specs.like_first, vjp=_gelu_vjp, wide=True)
def gelu(x: Any, approximate: bool = True) -> Any:
    """Gaussian error linear unit: `y = x · Φ(x)`, Φ the normal distribution function.

    `approximate` takes Φ(x) ≈ `(1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`.
    Source: Hendrycks, Gimpel, "Gaussian error linear units" (2016), section 2.
    """
    return kernels.gelu(x, approximate)


@composite("x")
def glu(x: Any, axis: int = -1) -> Any:
    """Gated linear unit: the first half of `axis` times the sigmoid of the second half."""
    length = x.shape[rules.canonical_axis(axis, x.ndim)]
    if length is not None and length % 2:
        raise ValueError(
            "`glu` splits an axis in two halves, so the axis size must be divisible by 2. "
            f"Received: x.shape={tuple(x.shape)} with axis={axis}"
        )
    values, gates = ops.split(x, 2, axis)
    return values * sigmoid(gates)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x: scaled(g, ops.tanh(x) ** 2),
    wide=True,
)
def tanh_shrink(x: Any) -> Any:
    """`y = x - tanh(x)`."""
    return kernels.tanh_shrink(x)


@op("x", spec=specs.like_first, vjp=lambda g, y, x: ops.where(ops.abs(x) < 1, g, 0), wide=True)
def hard_tanh(x: Any) -> Any:
    """`y = min(max(x, -1), 1)`."""
    return kernels.hard_tanh(x)


@op(
    "x",
    spec=specs.like_first,
    vjp=lambda g, y, x, threshold: ops.where(ops.abs(x) > threshold, g, 0),
    wide=True,
)
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`y = x` where `|x| > threshold`, else 0."""
    return kernels.hard_shrink(x, threshold)


@op(
    "x",
    promote="float",
    spec=specs.like_first,
    vjp=lambda g, y, x, threshold: ops.where(ops.abs(x) > threshold, g, 0),
    wide=True,
)
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Moves x towards 0 by `threshold`, and 0 where that would cross it."""
    return kernels.soft_shrink(x, threshold)


@op(
    "x",
    spec=specs.like_first,
    vjp=lambda g, y, x, threshold, default_value: ops.where(x > threshold, g, 0),
    wide=True,
)
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """`y = x` where `x > threshold`, else `default_value`."""
    return kernels.threshold(x, threshold, default_value)


swish = silu
hard_swish = hard_silu
