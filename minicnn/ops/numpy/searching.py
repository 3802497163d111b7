"""Elements selected by a condition, and indices found by value."""

from __future__ import annotations

import math

import numpy as np

from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define.declare import composite, op
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["bincount", "digitize", "nonzero", "searchsorted", "select", "unravel_index", "where"]


def _check_both(x1, x2):
    if (x1 is None) != (x2 is None):
        raise ValueError("`x1` and `x2` either both should be `None` or both should be given.")


def _where_spec(condition, x1=None, x2=None):
    _check_both(x1, x2)
    if x1 is None:
        return _nonzero_spec(condition)
    return KerasTensor(broadcast_shapes(condition.shape, x1.shape, x2.shape), x1.dtype)


@op(
    "condition",
    "x1",
    "x2",
    promote="common",
    apart=("condition",),
    spec=_where_spec,
    vjp=(
        None,
        lambda g, y, condition, x1, x2: where(condition, g, 0),
        lambda g, y, condition, x1, x2: where(condition, 0, g),
    ),
)
def where(condition, x1=None, x2=None):
    """The elements of x1 where the condition holds and of x2 elsewhere.

    Without both it is `nonzero(condition)`.
    """
    _check_both(x1, x2)
    if x1 is None:
        return tuple(place.astype("int32") for place in kernels.nonzero(np.atleast_1d(condition)))
    return kernels.where(condition, x1, x2)


@composite("*condlist", "*choicelist", "default")
def select(condlist, choicelist, default=0):
    """Elements of the first choice whose condition is true, `default` where none is."""
    if not isinstance(condlist, list | tuple) or not isinstance(choicelist, list | tuple):
        raise ValueError(
            "condlist and choicelist must be lists. Received: "
            f"type(condlist) = {type(condlist)}, type(choicelist) = {type(choicelist)}"
        )
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(
            "condlist and choicelist must be equally long and not be empty. Received: "
            f"condlist = {condlist}, choicelist = {choicelist}"
        )
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, choice, result)
    return result


def _nonzero_spec(x):
    return tuple(KerasTensor((None,), "int32") for _ in x.shape)


@op("x", spec=_nonzero_spec)
def nonzero(x):
    """The indices of the elements that are not 0: a tuple with one vector for each axis."""
    return tuple(index.astype("int32") for index in kernels.nonzero(np.atleast_1d(x)))


def _searchsorted_spec(sorted_sequence, values, side="left"):
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "`searchsorted` only supports 1-D sorted sequences. You can use "
            "`keras.ops.vectorized_map` to extend it to N-D sequences. "
            f"Received: sorted_sequence.shape={sorted_sequence.shape}"
        )
    # Indices into a sequence of unknown length may not fit into 32 bits.
    length = sorted_sequence.shape[0]
    small = length is not None and length <= np.iinfo("int32").max
    return KerasTensor(values.shape, "int32" if small else "int64")


@op("sorted_sequence", "values", spec=_searchsorted_spec, class_name="SearchSorted")
def searchsorted(sorted_sequence, values, side="left"):
    """The index at which inserting each value keeps the sequence sorted."""
    return kernels.searchsorted(sorted_sequence, values, side=side).astype("int32")


def _digitize_spec(x, bins):
    if bins.ndim > 1:
        raise ValueError(f"`bins` must be a 1D array. Received: bins.shape={bins.shape}")
    return KerasTensor(x.shape, "int32")


@op("x", "bins", spec=_digitize_spec)
def digitize(x, bins):
    """The number of the bin of each element: `bins[i - 1] ≤ x < bins[i]`."""
    return kernels.searchsorted(bins, x, side="right").astype("int32")


def _bincount_dtype(x, weights):
    return "int32" if weights is None else dtypes.result_type(x.dtype, weights.dtype)


def _bincount_spec(x, weights=None, **_):
    return KerasTensor((*x.shape[:-1], None), _bincount_dtype(x, weights))


@op("x", "weights", spec=_bincount_spec)
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each whole number from 0 occurs along the last axis, or the sum of its weights."""
    if sparse:
        raise ValueError("minicnn has dense tensors only: leave out `sparse`.")
    rows = x.reshape(-1, x.shape[-1]).astype("int64")
    length = max(int(rows.max(initial=-1)) + 1, minlength)
    weighted = [None] * len(rows)
    if weights is not None:
        weighted = weights.reshape(rows.shape)
    dtype = dtypes.numpy_dtype(_bincount_dtype(x, weights))
    counts = [
        np.bincount(row, w, length).astype(dtype) for row, w in zip(rows, weighted, strict=True)
    ]
    return np.stack(counts).reshape(*x.shape[:-1], length)


@op("indices", spec=lambda indices, shape: [KerasTensor(indices.shape, indices.dtype)] * len(shape))
def unravel_index(indices, shape):
    """Converts flat indices to a tuple of indices along the axes of `shape`."""
    if None in shape:
        raise ValueError(f"`shape` argument cannot contain `None`. Received: shape={shape}")
    size = math.prod(shape)
    places = np.unravel_index(np.where(indices < 0, indices + size, indices), shape)
    return tuple(place.astype(indices.dtype) for place in places)
