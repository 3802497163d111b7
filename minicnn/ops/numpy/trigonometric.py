"""Trigonometric and hyperbolic functions, element by element."""

from __future__ import annotations

import math

from minicnn import ops
from minicnn.backend import kernels
from minicnn.ops import specs
from minicnn.ops.declare import op
from minicnn.ops.numpy import rules

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g * ops.cos(x),))
def sin(x):
    """Sine of an angle in radians."""
    return kernels.sin(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: -g * ops.sin(x),))
def cos(x):
    """Cosine of an angle in radians."""
    return kernels.cos(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g * (1 + ops.square(y)),))
def tan(x):
    """Tangent of an angle in radians."""
    return kernels.tan(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: g / ops.sqrt(1 - ops.square(x)),),
)
def arcsin(x):
    """The angle in [-π/2, π/2] whose sine is x."""
    return kernels.arcsin(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: -g / ops.sqrt(1 - ops.square(x)),),
)
def arccos(x):
    """The angle in [0, π] whose cosine is x."""
    return kernels.arccos(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g / (1 + ops.square(x)),))
def arctan(x):
    """The angle in (-π/2, π/2) whose tangent is x."""
    return kernels.arctan(x)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: g * x2 / (ops.square(x1) + ops.square(x2)),
        lambda g, y, x1, x2: -g * x1 / (ops.square(x1) + ops.square(x2)),
    ),
)
def arctan2(x1, x2):
    """The angle in [-π, π] from the axis x2 to the point (x2, x1)."""
    return kernels.arctan2(x1, x2)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g * ops.cosh(x),))
def sinh(x):
    """Hyperbolic sine: `y = (eˣ - e⁻ˣ) / 2`."""
    return kernels.sinh(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g * ops.sinh(x),))
def cosh(x):
    """Hyperbolic cosine: `y = (eˣ + e⁻ˣ) / 2`."""
    return kernels.cosh(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: g * (1 - ops.square(y)),))
def tanh(x):
    """Hyperbolic tangent: `y = sinh x / cosh x`."""
    return kernels.tanh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: g / ops.sqrt(1 + ops.square(x)),),
)
def arcsinh(x):
    """The number whose hyperbolic sine is x."""
    return kernels.arcsinh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: g / ops.sqrt((x - 1) * (x + 1)),),
)
def arccosh(x):
    """The number, not negative, whose hyperbolic cosine is x."""
    return kernels.arccosh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: g / ((1 - x) * (1 + x)),),
)
def arctanh(x):
    """The number whose hyperbolic tangent is x."""
    return kernels.arctanh(x)


def _sinc_vjp(g, y, x):
    at_zero = ops.equal(x, 0)
    x = ops.where(at_zero, 1, x)
    return ops.where(at_zero, 0, g * (ops.cos(math.pi * x) - y) / x)


@op("x", promote="float", spec=specs.elementwise, vjp=(_sinc_vjp,))
def sinc(x):
    """`y = sin(πx) / (πx)`, 1 at 0."""
    return kernels.sinc(x).astype(x.dtype)


@op("x", spec=rules.typed(rules.wide_floating), vjp=(lambda g, *_: deg2rad(g),))
def deg2rad(x):
    """Degrees to radians: `y = x · π / 180`."""
    return kernels.deg2rad(rules.cast(x, rules.wide_floating))


@op("x", spec=rules.typed(rules.wide_floating), vjp=(lambda g, *_: rad2deg(g),))
def rad2deg(x):
    """Radians to degrees: `y = x · 180 / π`."""
    return kernels.rad2deg(rules.cast(x, rules.wide_floating))
