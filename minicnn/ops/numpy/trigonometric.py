"""Trigonometric and hyperbolic functions, element by element."""

from __future__ import annotations

import math

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import divided, scaled

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


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, ops.cos(x)),))
def sin(x):
    """Sine of an angle in radians."""
    return kernels.sin(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(-g, ops.sin(x)),))
def cos(x):
    """Cosine of an angle in radians."""
    return kernels.cos(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: scaled(g, 1 + ops.square(y)),),
)
def tan(x):
    """Tangent of an angle in radians."""
    return kernels.tan(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(g, ops.sqrt((1 - x) * (1 + x))),),
)
def arcsin(x):
    """The angle in [-π/2, π/2] whose sine is x."""
    return kernels.arcsin(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(-g, ops.sqrt((1 - x) * (1 + x))),),
)
def arccos(x):
    """The angle in [0, π] whose cosine is x."""
    return kernels.arccos(x)


def _arctan_vjp(g, y, x):
    length = ops.hypot(x, 1)  # the square of a large x would overflow
    return divided(divided(g, length), length)


@op("x", promote="float", spec=specs.elementwise, vjp=(_arctan_vjp,))
def arctan(x):
    """The angle in (-π/2, π/2) whose tangent is x."""
    return kernels.arctan(x)


def _over_squared_length(g, x, x1, x2):
    """`g · x / (x1² + x2²)`, where the squares may overflow; 0 at the origin."""
    length = ops.hypot(x1, x2)
    return divided(scaled(g, divided(x, length)), length)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: _over_squared_length(g, x2, x1, x2),
        lambda g, y, x1, x2: _over_squared_length(-g, x1, x1, x2),
    ),
)
def arctan2(x1, x2):
    """The angle in [-π, π] from the axis x2 to the point (x2, x1)."""
    return kernels.arctan2(x1, x2)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, ops.cosh(x)),))
def sinh(x):
    """Hyperbolic sine: `y = (eˣ - e⁻ˣ) / 2`."""
    return kernels.sinh(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, ops.sinh(x)),))
def cosh(x):
    """Hyperbolic cosine: `y = (eˣ + e⁻ˣ) / 2`."""
    return kernels.cosh(x)


def _tanh_vjp(g, y, x):
    # 1 - y² would lose all digits where y is close to ±1.
    cosh = ops.cosh(x)
    return divided(divided(g, cosh), cosh)


@op("x", promote="float", spec=specs.elementwise, vjp=(_tanh_vjp,))
def tanh(x):
    """Hyperbolic tangent: `y = sinh x / cosh x`."""
    return kernels.tanh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(g, ops.hypot(x, 1)),),
)
def arcsinh(x):
    """The number whose hyperbolic sine is x."""
    return kernels.arcsinh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(divided(g, ops.sqrt(x - 1)), ops.sqrt(x + 1)),),
)
def arccosh(x):
    """The number, not negative, whose hyperbolic cosine is x."""
    return kernels.arccosh(x)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(g, (1 - x) * (1 + x)),),
)
def arctanh(x):
    """The number whose hyperbolic tangent is x."""
    return kernels.arctanh(x)


def _sinc_vjp(g, y, x):
    angle = math.pi * x
    slope = ops.where(ops.abs(angle) < 1, _sinc_series(angle), (ops.cos(angle) - y) / x)
    return scaled(g, slope)


def _sinc_series(t):
    """`π · d/dt (sin(t) / t) = π Σ (-1)ᵏ 2k t²ᵏ⁻¹ / (2k + 1)!`, where the difference cancels."""
    t = ops.clip(t, -1, 1)
    square, total = ops.square(t), 0
    for k in range(9, 0, -1):
        total = (-1) ** k * 2 * k / math.factorial(2 * k + 1) + total * square
    return math.pi * t * total


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
