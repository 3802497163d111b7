"""Products and quotients of a cotangent with a slope, which are 0 where the cotangent is 0.

At the edge of a function's domain the slope may be infinite or NaN: that of √x at 0, of `log x` at
0, of `exp x` where it overflows. Where a result has no influence (`where` took another branch) its
cotangent is 0, and `0 · ∞` would make all earlier gradients NaN. Therefore each derivative
multiplies with `scaled` and divides with `divided`. Both are operations whose own derivatives have
the same property, so that gradients of gradients are right as well. The derivative with respect to
the slope uses `product`, since the slope has no influence where the cotangent is 0.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op

__all__ = ["divided", "product", "scaled", "zero_where_unused"]


def zero_where_unused(result, cotangent, axis=()):
    """The array `result`, with 0 where the cotangent (all of it along `axis`) is 0."""
    if not np.isnan(np.sum(result)):  # one pass, usually enough
        return result
    unused = cotangent == 0
    return np.where(unused if axis == () else unused.all(axis, keepdims=True), 0, result)


@op(
    "cotangent",
    "slope",
    promote="common",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, cotangent, slope: scaled(g, slope),
        lambda g, y, cotangent, slope: product(g, cotangent),
    ),
)
def scaled(cotangent, slope):
    """`cotangent · slope`, and 0 where the cotangent is 0, whatever the slope."""
    return zero_where_unused(kernels.multiply(cotangent, slope), cotangent)


@op(
    "cotangent",
    "divisor",
    promote="common",
    spec=specs.elementwise,
    vjp=(
        lambda g, y, cotangent, divisor: divided(g, divisor),
        lambda g, y, cotangent, divisor: -divided(product(g, y), divisor),
    ),
)
def divided(cotangent, divisor):
    """`cotangent / divisor`, and 0 where the cotangent is 0, whatever the divisor."""
    return zero_where_unused(kernels.divide(cotangent, divisor), cotangent)


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(lambda g, y, x1, x2: product(g, x2), lambda g, y, x1, x2: product(g, x1)),
)
def product(x1, x2):
    """`x1 · x2`, and 0 where one of the two is 0, whatever the other."""
    result = zero_where_unused(kernels.multiply(x1, x2), x1)
    return zero_where_unused(result, x2)
