"""Exponentials and logarithms, element by element."""

from __future__ import annotations

import math

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import divided, scaled

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "i0",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
]

_LOG_2 = math.log(2.0)
_LOG_10 = math.log(10.0)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, y),))
def exp(x):
    """Exponential: `y = eˣ`."""
    return kernels.exp(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, y * _LOG_2),))
def exp2(x):
    """Power of two: `y = 2ˣ`."""
    return kernels.exp2(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, ops.exp(x)),))
def expm1(x):
    """`y = eˣ - 1`, exact for small x."""
    return kernels.expm1(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g, x),))
def log(x):
    """Natural logarithm: `y = ln x`."""
    return kernels.log(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g / _LOG_10, x),))
def log10(x):
    """Logarithm to the base 10."""
    return kernels.log10(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g, x + 1),))
def log1p(x):
    """`y = ln(1 + x)`, exact for small x."""
    return kernels.log1p(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g / _LOG_2, x),))
def log2(x):
    """Logarithm to the base 2."""
    return kernels.log2(x)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: scaled(g, ops.sigmoid(x1 - x2)),
        lambda g, y, x1, x2: scaled(g, ops.sigmoid(x2 - x1)),
    ),
)
def logaddexp(x1, x2):
    """`y = ln(eˣ¹ + eˣ²)`, without overflow."""
    return kernels.logaddexp(x1, x2)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: scaled(g, ops.sigmoid((x1 - x2) * _LOG_2)),
        lambda g, y, x1, x2: scaled(g, ops.sigmoid((x2 - x1) * _LOG_2)),
    ),
)
def logaddexp2(x1, x2):
    """`y = log₂(2ˣ¹ + 2ˣ²)`, without overflow."""
    return kernels.logaddexp2(x1, x2)


@op(
    "x1",
    "x2",
    promote="common",
    spec=rules.typed(rules.wide_floating),
    vjp=(
        lambda g, y, x1, x2: scaled(g, divided(x1, y)),
        lambda g, y, x1, x2: scaled(g, divided(x2, y)),
    ),
)
def hypot(x1, x2):
    """Length of the hypotenuse: `y = √(x1² + x2²)`, without overflow."""
    return kernels.hypot(rules.cast(x1, rules.wide_floating), rules.cast(x2, rules.wide_floating))


@composite("x1", "x2")
def ldexp(x1, x2):
    """`y = x1 · 2ˣ²` for whole x2."""
    x2 = ops.convert_to_tensor(x2)
    if not dtypes.is_int_dtype(x2.dtype):
        raise TypeError(f"ldexp exponent must be an integer type. Received: x2 dtype={x2.dtype}")
    return _scale_by_power_of_two(x1, x2)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x1, x2: ops.ldexp(g, x2), None),
)
def _scale_by_power_of_two(x1, x2):
    return kernels.ldexp(x1, x2.astype("int32"))


@composite("x")
def i0(x):
    """The modified Bessel function of the first kind and of order 0."""
    return _bessel(x, 0)


def _bessel_vjp(g, y, x, order):
    # Abramowitz & Stegun, Handbook of Mathematical Functions, 9.6.26 and 9.6.27.
    return scaled(g, (_bessel(x, abs(order - 1)) + _bessel(x, order + 1)) / 2)


@op("x", spec=rules.typed(rules.wide_floating), vjp=(_bessel_vjp,))
def _bessel(x, order):
    """`Iₙ(x) = 1/π ∫₀^π exp(x cos θ) cos(nθ) dθ` by the trapezoidal rule.

    The rule converges exponentially for periodic functions: Trefethen & Weideman, "The
    exponentially convergent trapezoidal rule" (2014), section 3.
    """
    x = rules.cast(x, rules.wide_floating)
    wide = np.clip(x.astype("float64"), -800, 800)[..., np.newaxis]  # exp(800) is infinite
    largest = float(np.fmax.reduce(np.abs(wide), axis=None, initial=0.0))
    count = 32 + order + int(10 * math.sqrt(largest))
    angles = (np.arange(count) + 0.5) * math.pi / count
    return np.mean(np.exp(wide * np.cos(angles)) * np.cos(order * angles), axis=-1).astype(x.dtype)
