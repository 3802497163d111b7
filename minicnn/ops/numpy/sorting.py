"""Sorting, and results that follow from sorted order: histograms, unique elements."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "argpartition",
    "argsort",
    "histogram",
    "sort",
    "unique",
]


def _ordered_shape(x, axis):
    if axis is None:
        return (rules.total(x.shape),)
    rules.canonical_axis(axis, x.ndim)
    return x.shape


def _sort_vjp(g, y, x, axis):
    """Moves each cotangent back to the index that its element had before sorting."""
    if axis is None:
        ranks = ops.argsort(ops.argsort(ops.ravel(x)))
        return ops.reshape(ops.take(g, ranks), x.shape)
    return ops.take_along_axis(g, ops.argsort(ops.argsort(x, axis), axis), axis)


@op("x", spec=lambda x, axis=-1: KerasTensor(_ordered_shape(x, axis), x.dtype), vjp=(_sort_vjp,))
def sort(x, axis=-1):
    """The elements along an axis from the smallest to the largest; of the flat array for None."""
    return kernels.sort(x, axis=axis, kind="stable")


@op("x", spec=lambda x, axis=-1: KerasTensor(_ordered_shape(x, axis), "int32"))
def argsort(x, axis=-1):
    """The indices that sort x. Equal elements keep their order."""
    return kernels.argsort(np.atleast_1d(x), axis=axis, kind="stable").astype("int32")


def _argpartition_spec(x, kth, axis=-1):
    if not isinstance(kth, int):
        raise ValueError(f"kth must be an integer. Received: kth = {kth}")
    return KerasTensor(_ordered_shape(x, axis), "int32")


@op("x", spec=_argpartition_spec)
def argpartition(x, kth, axis=-1):
    """Indices that put the k-th smallest at k, smaller elements before it and larger ones after."""
    _argpartition_spec(KerasTensor(x.shape), kth, axis)
    return kernels.argpartition(x, kth, axis=axis).astype("int32")


def _histogram_spec(x, bins=10, range=None):
    _check_histogram(x, bins, range)
    return KerasTensor((bins,), x.dtype), KerasTensor((bins + 1,), x.dtype)


def _check_histogram(x, bins, range):
    if not isinstance(bins, int):
        raise TypeError(f"Argument `bins` must be of type `int`. Received: bins={bins}")
    if bins < 0:
        raise ValueError(f"Argument `bins` should be a non-negative integer. Received: bins={bins}")
    if range:
        if not isinstance(range, tuple) or len(range) != 2:
            raise ValueError(
                f"Argument `range` must be a tuple of two elements. Received: range={range}"
            )
        if range[1] < range[0]:
            raise ValueError(
                "The second element of `range` must be greater than the first. "
                f"Received: range={range}"
            )
    if len(x.shape) > 1:
        raise ValueError(f"Input tensor must be 1-dimensional. Received: input.shape={x.shape}")


@op("x", spec=_histogram_spec)
def histogram(x, bins=10, range=None):
    """The number of elements in each of `bins` intervals of equal width, and their bounds."""
    _check_histogram(x, bins, range)
    counts, edges = kernels.histogram(x, bins=bins, range=range or None)
    return counts.astype(x.dtype), edges.astype(x.dtype)


def _unique_spec(
    x,
    axis=None,
    size=None,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    **_,
):
    shape = (size,) if axis is None else tuple(x.shape)
    if axis is not None:
        axis = rules.canonical_axis(axis, x.ndim)
        shape = (*shape[:axis], size, *shape[axis + 1 :])
    places = KerasTensor((size,), "int32")
    inverse = KerasTensor(x.shape if axis is None else (x.shape[axis],), "int32")
    extra = [(return_index, places), (return_inverse, inverse), (return_counts, places)]
    outputs = [KerasTensor(shape, x.dtype), *(spec for is_chosen, spec in extra if is_chosen)]
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


@op("x", spec=_unique_spec)
def unique(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The different elements (or slices along an axis), in order.

    Args:
        sorted: accepted for Keras's programs; the result is always sorted.
        return_index: whether to return the first index of each, too.
        return_inverse: whether to return each element's index in the result, too.
        return_counts: whether to return how often each occurs, too.
        size: the length that the result is cut off or filled up to.
        fill_value: what it is filled up with, 0 by default.
    """
    values, index, inverse, counts = np.unique(x, True, True, True, axis=axis, equal_nan=False)
    inverse = inverse.reshape(x.shape if axis is None else -1)
    if size is not None:
        fill = 0 if fill_value is None else fill_value
        values = _fitted(values, size, axis or 0, fill)
        index, counts = _fitted(index, size, 0, 1), _fitted(counts, size, 0, 0)
    extra = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    chosen = [places.astype("int32") for is_chosen, places in extra if is_chosen]
    return (values, *chosen) if chosen else values


def _fitted(values, size, axis, fill):
    values = np.take(values, np.arange(min(size, values.shape[axis])), axis=axis)
    widths = [(0, 0)] * values.ndim
    widths[axis] = (0, size - values.shape[axis])
    return np.pad(values, widths, constant_values=fill)
