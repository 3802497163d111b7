"""Rounding, signs, adjacent floating-point numbers: piecewise constant functions.

As in Keras on TensorFlow, no gradient (None) flows through them, but zeros through `sign`, and
through `nextafter` the cotangent itself to x1.
"""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.numpy import rules

__all__ = [
    "ceil",
    "floor",
    "gcd",
    "heaviside",
    "lcm",
    "nan_to_num",
    "nextafter",
    "round",
    "sign",
    "signbit",
    "trunc",
]


@op("x", promote="float", spec=specs.elementwise)
def ceil(x):
    """The smallest whole number that is not below x, as a float."""
    return kernels.ceil(x)


@op("x", promote="float", spec=specs.elementwise)
def floor(x):
    """The largest whole number that is not above x, as a float."""
    return kernels.floor(x)


@op("x", spec=specs.elementwise)
def trunc(x):
    """The fraction cut off: x rounded towards 0."""
    return x if x.dtype.kind in "biu" else kernels.trunc(x)


@op("x", spec=specs.elementwise)
def round(x, decimals=0):
    """The nearest number with this many decimals; halves go to the even neighbour."""
    return kernels.round(x, decimals).astype(x.dtype, copy=False)


@op("x", spec=specs.elementwise, vjp=(lambda g, y, x: ops.zeros_like(g),))
def sign(x):
    """-1, 0 or 1: below, at or above zero."""
    return x if x.dtype == bool else kernels.sign(x)


@op("x", spec=specs.boolean)
def signbit(x):
    """Whether the sign bit is set, as for negative numbers and -0.0."""
    return np.zeros(x.shape, bool) if x.dtype.kind in "bu" else kernels.signbit(x)


def _step_value_vjp(g, y, x1, x2):
    return ops.where(ops.equal(x1, 0), g, 0)


@op(
    "x1",
    "x2",
    promote="common",
    spec=rules.typed(rules.wide_floating),
    vjp=(None, _step_value_vjp),
)
def heaviside(x1, x2):
    """The step function: 0 where x1 < 0, x2 where x1 = 0, 1 where x1 > 0."""
    x1, x2 = rules.cast(x1, rules.wide_floating), rules.cast(x2, rules.wide_floating)
    return kernels.heaviside(x1, x2)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, *_: g, lambda g, *_: ops.zeros_like(g)),
)
def nextafter(x1, x2):
    """The next floating-point number after x1 towards x2."""
    return kernels.nextafter(x1, x2)


def _nan_to_num_vjp(g, y, x, **_):
    return ops.where(ops.isfinite(x), g, 0)


@op("x", spec=specs.elementwise, vjp=(_nan_to_num_vjp,))
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """Replaces NaN and infinities by numbers (the largest of the type where none is given)."""
    return kernels.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _whole(name, *arrays):
    for x in arrays:
        if x.dtype.kind not in "iu":
            raise TypeError(f"Arguments to {name} must be integers. Received: dtype={x.dtype}")
    return arrays


@op("x1", "x2", promote="common", spec=specs.elementwise)
def gcd(x1, x2):
    """The greatest common divisor of whole numbers."""
    return kernels.gcd(*_whole("gcd", x1, x2))


@op("x1", "x2", promote="common", spec=specs.elementwise)
def lcm(x1, x2):
    """The least common multiple of whole numbers."""
    return kernels.lcm(*_whole("lcm", x1, x2))
