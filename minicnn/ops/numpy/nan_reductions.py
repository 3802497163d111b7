"""Reductions that leave out NaN."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.ops.define.declare import composite
from minicnn.ops.numpy import rules

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _with(x, replacement):
    """The elements, with `replacement` in place of each NaN."""
    x = ops.convert_to_tensor(x)
    if not dtypes.is_float_dtype(x.dtype):
        return x
    return ops.where(ops.isnan(x), ops.cast(replacement, x.dtype), x)


def _or_nan(result, x, axis, keepdims):
    """NaN where every element was."""
    x = ops.convert_to_tensor(x)
    if not dtypes.is_float_dtype(x.dtype):
        return result
    empty = ops.all(ops.isnan(x), axis, keepdims)
    return ops.where(empty, ops.cast(np.nan, result.dtype), result)


@composite("x", wide=True)
def nansum(x, axis=None, keepdims=False):
    """`sum` of the elements that are not NaN."""
    return ops.sum(_with(x, 0), axis, keepdims)


@composite("x")
def nanprod(x, axis=None, keepdims=False):
    """`prod` of the elements that are not NaN."""
    return ops.prod(_with(x, 1), axis, keepdims)


@composite("x")
def nanmax(x, axis=None, keepdims=False):
    """`max` of the elements that are not NaN; NaN if there is none."""
    return _or_nan(ops.max(_with(x, -np.inf), axis, keepdims), x, axis, keepdims)


@composite("x")
def nanmin(x, axis=None, keepdims=False):
    """`min` of the elements that are not NaN; NaN if there is none."""
    return _or_nan(ops.min(_with(x, np.inf), axis, keepdims), x, axis, keepdims)


def _count(x, axis, keepdims):
    x = ops.convert_to_tensor(x)
    numbers = ops.logical_not(ops.isnan(x))
    return ops.sum(ops.cast(numbers, rules.floating(x.dtype)), axis, keepdims)


@composite("x", wide=True)
def nanmean(x, axis=None, keepdims=False):
    """`mean` of the elements that are not NaN."""
    total = ops.sum(ops.cast(_with(x, 0), rules.floating(_type_of(x))), axis, keepdims)
    return total / _count(x, axis, keepdims)


def _type_of(x):
    return ops.convert_to_tensor(x).dtype


@composite("x", wide=True)
def nanvar(x, axis=None, keepdims=False):
    """`var` of the elements that are not NaN."""
    deviation = _with(x - nanmean(x, axis, keepdims=True), 0)
    return ops.sum(ops.square(deviation), axis, keepdims) / _count(x, axis, keepdims)


@composite("x", wide=True)
def nanstd(x, axis=None, keepdims=False):
    """`std` of the elements that are not NaN."""
    return ops.sqrt(nanvar(x, axis, keepdims))


@composite("x")
def nanargmax(x, axis=None, keepdims=False):
    """`argmax` of the elements that are not NaN; -1 if there is none."""
    return _or_none(ops.argmax(_with(x, -np.inf), axis, keepdims), x, axis, keepdims)


@composite("x")
def nanargmin(x, axis=None, keepdims=False):
    """`argmin` of the elements that are not NaN; -1 if there is none."""
    return _or_none(ops.argmin(_with(x, np.inf), axis, keepdims), x, axis, keepdims)


def _or_none(places, x, axis, keepdims):
    return ops.where(ops.all(ops.isnan(x), axis, keepdims), ops.cast(-1, "int32"), places)


@composite("x")
def nancumsum(x, axis=None, dtype=None):
    """`cumsum`, with 0 in place of each NaN."""
    return ops.cumsum(_with(x, 0), axis, dtype)


@composite("x")
def nancumprod(x, axis=None, dtype=None):
    """`cumprod`, with 1 in place of each NaN."""
    return ops.cumprod(_with(x, 1), axis, dtype)
