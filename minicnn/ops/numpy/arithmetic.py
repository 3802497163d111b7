"""Sums, products, quotients, powers: computed element by element, with broadcasting."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import divided, scaled

__all__ = [
    "abs",
    "absolute",
    "add",
    "cbrt",
    "clip",
    "divide",
    "divide_no_nan",
    "fabs",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "power",
    "reciprocal",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
]


@op("x1", "x2", promote="common", spec=specs.elementwise, vjp=(lambda g, *_: g, lambda g, *_: g))
def add(x1, x2):
    """Sum: `y = x1 + x2`."""
    return kernels.add(x1, x2)


@op("x1", "x2", promote="common", spec=specs.elementwise, vjp=(lambda g, *_: g, lambda g, *_: -g))
def subtract(x1, x2):
    """Difference: `y = x1 - x2`."""
    return kernels.subtract(x1, x2)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(lambda g, y, x1, x2: scaled(g, x2), lambda g, y, x1, x2: scaled(g, x1)),
)
def multiply(x1, x2):
    """Product: `y = x1 · x2`."""
    return kernels.multiply(x1, x2)


_QUOTIENT_VJP = (
    lambda g, y, x1, x2: divided(g, x2),
    lambda g, y, x1, x2: -divided(scaled(g, y), x2),
)


@op("x1", "x2", promote="float", spec=specs.elementwise, vjp=_QUOTIENT_VJP)
def divide(x1, x2):
    """Quotient, always a float: `y = x1 / x2`."""
    return kernels.divide(x1, x2)


@op("x1", "x2", promote="float", spec=specs.elementwise, vjp=_QUOTIENT_VJP)
def true_divide(x1, x2):
    """Quotient, always a float: `y = x1 / x2`."""
    return kernels.divide(x1, x2)


@op(
    "x1",
    "x2",
    promote="float",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: ops.where(ops.equal(x2, 0), 0, divided(g, x2)),
        lambda g, y, x1, x2: ops.where(ops.equal(x2, 0), 0, -divided(scaled(g, y), x2)),
    ),
)
def divide_no_nan(x1, x2):
    """Quotient, but 0 where the divisor is 0."""
    quotient = np.zeros(np.broadcast_shapes(x1.shape, x2.shape), x1.dtype)
    return kernels.divide(x1, x2, out=quotient, where=x2 != 0)


@op("x1", "x2", promote="common", spec=specs.elementwise)
def floor_divide(x1, x2):
    """Quotient rounded down: `y = ⌊x1 / x2⌋`."""
    return kernels.floor_divide(x1, x2).astype(x1.dtype)


@op(
    "x1",
    "x2",
    promote="common",
    spec=rules.typed(rules.counted),
    vjp=(lambda g, *_: g, lambda g, y, x1, x2: scaled(-g, ops.floor_divide(x1, x2))),
)
def mod(x1, x2):
    """Remainder with the sign of the divisor: `y = x1 - x2·⌊x1 / x2⌋`."""
    return kernels.mod(rules.cast(x1, rules.counted), rules.cast(x2, rules.counted))


@op(
    "x1",
    "x2",
    promote="common",
    spec=rules.typed(rules.counted),
    vjp=(lambda g, *_: g, lambda g, y, x1, x2: scaled(-g, ops.trunc(x1 / x2))),
)
def fmod(x1, x2):
    """Remainder with the sign of the dividend: `y = x1 - x2·trunc(x1 / x2)`."""
    return kernels.fmod(rules.cast(x1, rules.counted), rules.cast(x2, rules.counted))


def _power_vjp_base(g, y, x1, x2):
    # 0⁰ has slope 0, but 0 · 0⁻¹ would be NaN.
    return scaled(g, x2 * ops.power(x1, ops.where(ops.equal(x2, 0), 1, x2 - 1)))


def _power_vjp_exponent(g, y, x1, x2):
    positive = ops.greater(x1, 0)
    return scaled(g, y * ops.where(positive, ops.log(ops.where(positive, x1, 1)), 0))


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(_power_vjp_base, _power_vjp_exponent),
)
def power(x1, x2):
    """Power: `y = x1 ** x2`.

    The gradient to the exponent is taken as 0 where the base is not positive.
    """
    if x1.dtype == bool:
        return kernels.logical_or(x1, ~x2)
    if x1.dtype.kind == "i":
        # NumPy raises for negative integer powers of integers. The result is cut off to an integer.
        inverse = np.where(np.abs(x1) == 1, kernels.power(x1, np.abs(x2)), 0)
        return np.where(x2 < 0, inverse, kernels.power(x1, np.abs(x2))).astype(x1.dtype)
    return kernels.power(x1, x2)


@op("x", spec=specs.elementwise, vjp=(lambda g, *_: -g,))
def negative(x):
    """Negation: `y = -x`."""
    return kernels.negative(x)


def _absolute_vjp(g, y, x):
    return scaled(g, ops.sign(x))


@op("x", spec=specs.elementwise, vjp=(_absolute_vjp,))
def absolute(x):
    """Absolute value: `y = |x|`."""
    return kernels.absolute(x)


@op("x", spec=specs.elementwise, vjp=(_absolute_vjp,))
def abs(x):
    """Absolute value: `y = |x|`."""
    return kernels.absolute(x)


@op("x", promote="float", spec=specs.elementwise, vjp=(_absolute_vjp,))
def fabs(x):
    """Absolute value, always a float: `y = |x|`."""
    if x.dtype.kind == "c":
        raise TypeError(f"fabs does not support complex inputs. Received: x.dtype={x.dtype}")
    return kernels.absolute(x)


@op(
    "x",
    spec=rules.typed(rules.counted),
    vjp=(lambda g, y, x: scaled(g, 2 * x),),
)
def square(x):
    """Square: `y = x²`."""
    return kernels.square(rules.cast(x, rules.counted))


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g, 2 * y),))
def sqrt(x):
    """Square root: `y = √x`."""
    return kernels.sqrt(x)


@op(
    "x",
    spec=rules.typed(rules.wide_floating),
    vjp=(lambda g, y, x: divided(g, 3 * ops.square(y)),),
)
def cbrt(x):
    """Cube root: `y = ∛x`, negative for negative x."""
    return kernels.cbrt(rules.cast(x, rules.wide_floating))


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(scaled(-g, y), y),))
def reciprocal(x):
    """Reciprocal: `y = 1 / x`."""
    return kernels.reciprocal(x)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: ops.where(ops.greater_equal(x1, x2), g, 0),
        lambda g, y, x1, x2: ops.where(ops.greater_equal(x1, x2), 0, g),
    ),
)
def maximum(x1, x2):
    """The larger of two elements, NaN if one of them is. Where equal, the gradient goes to x1."""
    return kernels.maximum(x1, x2)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, x1, x2: ops.where(ops.less_equal(x1, x2), g, 0),
        lambda g, y, x1, x2: ops.where(ops.less_equal(x1, x2), 0, g),
    ),
)
def minimum(x1, x2):
    """The smaller of two elements, NaN if one of them is. Where equal, the gradient goes to x1."""
    return kernels.minimum(x1, x2)


def _extremum_vjp(g, y, chosen, other):
    return ops.where(ops.logical_or(ops.equal(y, chosen), ops.isnan(other)), g, 0)


def _extremum_vjp_second(g, y, x1, x2):
    return g - _extremum_vjp(g, y, x1, x2)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(_extremum_vjp, _extremum_vjp_second),
)
def fmax(x1, x2):
    """The larger of two elements; of a number and a NaN, the number."""
    return kernels.fmax(x1, x2)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(_extremum_vjp, _extremum_vjp_second),
)
def fmin(x1, x2):
    """The smaller of two elements; of a number and a NaN, the number."""
    return kernels.fmin(x1, x2)


def _is_constant(bound):
    return bound is None or isinstance(bound, int | float | np.ndarray | np.generic)


@composite("x")
def clip(x, x_min, x_max):
    """The elements of x, moved to the nearer bound where outside: `min(max(x, x_min), x_max)`."""
    if _is_constant(x_min) and _is_constant(x_max):
        return clip_between(x, x_min, x_max)
    x = ops.convert_to_tensor(x)
    return ops.cast(ops.minimum(ops.maximum(x, x_min), x_max), x.dtype)


def _clip_vjp(g, y, x, x_min, x_max):
    return ops.where(ops.equal(x, y), g, 0)


@op("x", spec=rules.typed(rules.counted), vjp=(_clip_vjp,))
def clip_between(x, x_min, x_max):
    """`clip` with bounds that are constants."""
    x = rules.cast(x, rules.counted)
    bounds = [None if b is None else np.asarray(b).astype(x.dtype) for b in (x_min, x_max)]
    return kernels.clip(x, *bounds).astype(x.dtype, copy=False)
