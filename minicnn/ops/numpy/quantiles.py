"""Quantiles: the value that a given share of the elements lies below."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, to_array
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _places(q, count, method):
    """The two sorted elements around each quantile (by index), and the weight of the second."""
    place = q * np.maximum(count - 1, 0)
    lower, higher = np.floor(place), np.ceil(place)
    weights = {
        "linear": place - lower,
        "lower": 0.0 * place,
        "higher": (higher > lower).astype("float64"),
        "midpoint": 0.5 * (higher > lower),
        "nearest": np.round(place) - lower,
    }
    return lower.astype("int64"), higher.astype("int64"), weights[method]


def _rows(x, axis):
    """The reduced axes joined into one, the last."""
    axes = specs.normalize_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    length = rules.total([x.shape[i] for i in axes])
    return ops.reshape(ops.transpose(x, [*kept, *axes]), (*(x.shape[i] for i in kept), length))


def _quantile(x, q, axis, method, keepdims, ignore_nan=False, whole=1.0):
    if method not in _METHODS:
        raise ValueError(f"`method` must be one of {_METHODS}. Received: method={method!r}")
    x = ops.convert_to_tensor(x)
    x = ops.cast(x, rules.floating(x.dtype))
    shape = (
        *(q.shape if hasattr(q, "shape") else np.shape(q)),
        *specs.reduced_shape(x.shape, axis, keepdims),
    )
    if isinstance(x, KerasTensor) or isinstance(q, KerasTensor):
        return KerasTensor(shape, x.dtype)
    q = to_array(q, "float64") / whole
    # NaN sorts to the end, so the numbers of a row are the first `count`.
    rows = ops.sort(_rows(x, axis))
    is_nan = np.isnan(np.asarray(rows))
    count = np.sum(~is_nan, axis=-1, keepdims=True)
    lower, higher, weight = _places(q.reshape(-1), count, method)
    values = ops.take_along_axis(rows, lower, -1)
    if weight.any():
        above = ops.take_along_axis(rows, higher, -1)
        values = values + (above - values) * weight.astype(rows.dtype)
    spoilt = count == 0 if ignore_nan else is_nan.any(axis=-1, keepdims=True)
    if spoilt.any():
        values = ops.where(spoilt, np.nan, values)
    return ops.reshape(ops.moveaxis(values, -1, 0), shape)


@composite("x", "q", wide=True)
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The value that the share q of the elements lies below; several q give a new first axis.

    >>> import minicnn as keras
    >>> keras.ops.quantile([1.0, 2.0, 4.0], 0.75)
    Tensor(3., dtype=float32)

    Args:
        q: shares, from 0 to 1.
        method: what to take between two elements: `"linear"`, `"lower"`, `"higher"`,
            `"midpoint"` or `"nearest"`.
    """
    return _quantile(x, q, axis, method, keepdims)


@composite("x", "q", wide=True)
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` with q from 0 to 100."""
    return _quantile(x, q, axis, method, keepdims, whole=100)


@composite("x", wide=True)
def median(x, axis=None, keepdims=False):
    """The element in the middle, or the mean of the two in the middle."""
    return _quantile(x, 0.5, axis, "linear", keepdims)


@composite("x", "q", wide=True)
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of the elements that are not NaN."""
    return _quantile(x, q, axis, method, keepdims, ignore_nan=True)


@composite("x", "q", wide=True)
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`percentile` of the elements that are not NaN."""
    return _quantile(x, q, axis, method, keepdims, ignore_nan=True, whole=100)


@composite("x", wide=True)
def nanmedian(x, axis=None, keepdims=False):
    """`median` of the elements that are not NaN."""
    return _quantile(x, 0.5, axis, "linear", keepdims, ignore_nan=True)
