"""Comparisons and tests, element by element; the results are booleans and have no gradient."""

from __future__ import annotations

import numpy as np

from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "allclose",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "less",
    "less_equal",
    "not_equal",
]


@op("x1", "x2", promote="common", spec=specs.boolean)
def equal(x1, x2):
    """Whether `x1 = x2`."""
    return kernels.equal(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def not_equal(x1, x2):
    """Whether `x1 ≠ x2`."""
    return kernels.not_equal(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def greater(x1, x2):
    """Whether `x1 > x2`."""
    return kernels.greater(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def greater_equal(x1, x2):
    """Whether `x1 ≥ x2`."""
    return kernels.greater_equal(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def less(x1, x2):
    """Whether `x1 < x2`."""
    return kernels.less(x1, x2)


@op("x1", "x2", promote="common", spec=specs.boolean)
def less_equal(x1, x2):
    """Whether `x1 ≤ x2`."""
    return kernels.less_equal(x1, x2)


@op("x1", "x2", "rtol", "atol", promote="common", apart=("rtol", "atol"), spec=specs.boolean)
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `|x1 - x2| ≤ atol + rtol·|x2|`. Whole numbers must be equal."""
    if x1.dtype.kind in "biu":
        return kernels.equal(x1, x2)
    return kernels.isclose(x1, x2, rtol=float(rtol), atol=float(atol), equal_nan=equal_nan)


def _one_truth_value(x1, x2, **_):
    specs.elementwise(x1, x2)
    return KerasTensor((), "bool")


@op("x1", "x2", promote="common", spec=_one_truth_value, class_name="AllClose")
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `isclose` is true for all elements."""
    if x1.dtype.kind in "biu":
        return np.all(kernels.equal(x1, x2))
    return np.all(kernels.isclose(x1, x2, rtol=float(rtol), atol=float(atol), equal_nan=equal_nan))


@op("x", spec=specs.boolean)
def isfinite(x):
    """Whether x is neither NaN nor infinite."""
    return kernels.isfinite(x)


@op("x", spec=specs.boolean)
def isinf(x):
    """Whether x is infinite."""
    return kernels.isinf(x)


@op("x", spec=specs.boolean)
def isnan(x):
    """Whether x is NaN."""
    return kernels.isnan(x)


@op("x", spec=specs.boolean)
def isposinf(x):
    """Whether x is plus infinity."""
    return kernels.equal(x, np.inf)


@op("x", spec=specs.boolean)
def isneginf(x):
    """Whether x is minus infinity."""
    return kernels.equal(x, -np.inf)


@op("x", spec=specs.boolean)
def isreal(x):
    """Whether the imaginary part is 0."""
    return kernels.isreal(x)


@op(
    "x1",
    "x2",
    promote="common",
    spec=lambda x1, x2, **_: KerasTensor(x1.shape, "bool"),
    class_name="IsIn",
)
def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of x1 occurs anywhere in x2 (or does not, with `invert`)."""
    return kernels.isin(x1, x2, assume_unique=assume_unique, invert=invert)
