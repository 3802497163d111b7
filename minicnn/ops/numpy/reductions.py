"""Reductions along axes: sums, means, extrema, truth values.

`axis=None` reduces all axes; `keepdims=True` leaves each reduced axis with length 1.
"""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.define.half import at_least_float32
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]


def stretched(g, x, axis, keepdims):
    """A result of a reduction (or its cotangent) broadcast to the shape of its input."""
    if g.shape and not keepdims:
        g = ops.reshape(g, specs.reduced_shape(x.shape, axis, keepdims=True))
    return ops.broadcast_to(g, x.shape)


def reduced_count(x, y):
    """The number of elements of x that each element of y was computed from."""
    return x.size // (y.size or 1) or 1


@op(
    "x",
    spec=rules.typed(rules.accumulator, specs.reduction),
    vjp=(lambda g, y, x, axis, keepdims: stretched(g, x, axis, keepdims),),
    wide=True,
)
def sum(x, axis=None, keepdims=False):
    """Sum of the elements. Small whole numbers are added up in 32 bits."""
    dtype = dtypes.numpy_dtype(rules.accumulator(x.dtype))
    return kernels.sum(x, axis=rules.as_axis(axis), keepdims=keepdims, dtype=dtype)


@op(
    "x",
    promote="float",
    spec=specs.reduction,
    vjp=(lambda g, y, x, axis, keepdims: stretched(g / reduced_count(x, y), x, axis, keepdims),),
    wide=True,
)
def mean(x, axis=None, keepdims=False):
    """Mean of the elements: their sum divided by their number."""
    return kernels.mean(x, axis=rules.as_axis(axis), keepdims=keepdims)


def _var_vjp(g, y, x, axis, keepdims):
    deviation = x - mean(x, axis, keepdims=True)
    return scaled(stretched(g * (2 / reduced_count(x, y)), x, axis, keepdims), deviation)


@op("x", promote="float", spec=specs.reduction, vjp=(_var_vjp,), wide=True)
def var(x, axis=None, keepdims=False):
    """Mean squared deviation from the mean, divided by n (not by n - 1)."""
    return kernels.var(x, axis=rules.as_axis(axis), keepdims=keepdims)


@composite("x", wide=True)
def std(x, axis=None, keepdims=False):
    """Standard deviation: the square root of `var`."""
    return ops.sqrt(var(x, axis, keepdims))


def _extremum_vjp(g, y, x, axis, keepdims, initial=None):
    """Equal extrema share the gradient evenly."""
    chosen = at_least_float32(ops.cast(ops.equal(x, stretched(y, x, axis, keepdims)), x.dtype))
    share = chosen / ops.maximum(sum(chosen, axis, keepdims=True), 1)
    return stretched(g, x, axis, keepdims) * share


def _check_not_empty(x, axis, initial, name):
    if initial is None and 0 in [x.shape[a] for a in specs.normalize_axes(axis, x.ndim)]:
        raise ValueError(
            f"Cannot compute the {name} of an empty tensor. Give an `initial` value. "
            f"Received: x.shape={x.shape}, axis={axis}"
        )


def _settings_of_extremum(x, axis, keepdims, initial):
    settings = {"axis": rules.as_axis(axis), "keepdims": keepdims}
    return settings if initial is None else settings | {"initial": x.dtype.type(initial)}


@op("x", spec=specs.reduction, vjp=(_extremum_vjp,))
def max(x, axis=None, keepdims=False, initial=None):
    """The largest element, or `initial` if that is larger still."""
    _check_not_empty(x, axis, initial, "max")
    return kernels.max(x, **_settings_of_extremum(x, axis, keepdims, initial))


@op("x", spec=specs.reduction, vjp=(_extremum_vjp,))
def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element, or `initial` if that is smaller still."""
    _check_not_empty(x, axis, initial, "min")
    return kernels.min(x, **_settings_of_extremum(x, axis, keepdims, initial))


@op("x", spec=specs.reduction, vjp=(_extremum_vjp,))
def amax(x, axis=None, keepdims=False):
    """The largest element."""
    _check_not_empty(x, axis, None, "max")
    return kernels.max(x, axis=rules.as_axis(axis), keepdims=keepdims)


@op("x", spec=specs.reduction, vjp=(_extremum_vjp,))
def amin(x, axis=None, keepdims=False):
    """The smallest element."""
    _check_not_empty(x, axis, None, "min")
    return kernels.min(x, axis=rules.as_axis(axis), keepdims=keepdims)


@composite("x")
def ptp(x, axis=None, keepdims=False):
    """Distance from the smallest to the largest element."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def _prod_vjp(g, y, x, axis, keepdims, dtype):
    """Multiplies each cotangent by the product of all other elements, without dividing (zeros)."""
    axes = specs.normalize_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    order = [*kept, *axes]
    moved = ops.transpose(x, order)
    length = rules.total([x.shape[i] for i in axes])
    rows = ops.reshape(moved, (*(x.shape[i] for i in kept), length))
    others = _product_before(rows) * ops.flip(_product_before(ops.flip(rows, -1)), -1)
    others = ops.transpose(ops.reshape(others, moved.shape), list(np.argsort(order)))
    return scaled(stretched(g, x, axis, keepdims), others)


def _product_before(rows):
    ones = ops.ones((*rows.shape[:-1], 1), rows.dtype)
    before = ops.concatenate([ones, ops.cumprod(rows, axis=-1)], axis=-1)
    return before[..., : rows.shape[-1]]


def _prod_spec(x, axis=None, keepdims=False, dtype=None):
    shape = specs.reduced_shape(x.shape, axis, keepdims)
    return KerasTensor(shape, dtypes.standardize_dtype(dtype or rules.accumulator(x.dtype)))


@op("x", spec=_prod_spec, vjp=(_prod_vjp,), wide=True)
def prod(x, axis=None, keepdims=False, dtype=None):
    """Product of the elements. Small whole numbers are multiplied in 32 bits."""
    dtype = dtypes.numpy_dtype(dtype or rules.accumulator(x.dtype))
    return kernels.prod(x, axis=rules.as_axis(axis), keepdims=keepdims, dtype=dtype)


@op("x", spec=rules.typed(lambda _: "bool", specs.reduction))
def all(x, axis=None, keepdims=False):
    """Whether every element is true (not 0)."""
    return kernels.all(x, axis=rules.as_axis(axis), keepdims=keepdims)


@op("x", spec=rules.typed(lambda _: "bool", specs.reduction))
def any(x, axis=None, keepdims=False):
    """Whether at least one element is true (not 0)."""
    return kernels.any(x, axis=rules.as_axis(axis), keepdims=keepdims)


@op("x", spec=rules.typed(lambda _: "int32", specs.reduction))
def count_nonzero(x, axis=None):
    """How many elements are not 0."""
    return np.asarray(kernels.count_nonzero(x, axis=rules.as_axis(axis)), "int32")


def _index_spec(x, axis=None, keepdims=False):
    if axis is not None:
        rules.canonical_axis(axis, x.ndim)
    return KerasTensor(specs.reduced_shape(x.shape, axis, keepdims), "int32")


@op("x", spec=_index_spec)
def argmax(x, axis=None, keepdims=False):
    """Index of the (first) largest element along an axis; in the flat array for `axis=None`."""
    return kernels.argmax(x, axis=axis, keepdims=keepdims).astype("int32")


@op("x", spec=_index_spec)
def argmin(x, axis=None, keepdims=False):
    """Index of the (first) smallest element along an axis; in the flat array for `axis=None`."""
    return kernels.argmin(x, axis=axis, keepdims=keepdims).astype("int32")


@composite("x", "weights", wide=True)
def average(x, axis=None, weights=None):
    """Mean with weights: `Σ wx / Σ w`. The weights have x's shape, or the axis's length."""
    if weights is None:
        return mean(x, axis)
    x, weights = ops.convert_to_tensor(x), ops.convert_to_tensor(weights)
    dtype = dtypes.result_type(x.dtype, weights.dtype, float)
    x, weights = ops.cast(x, dtype), ops.cast(weights, dtype)
    if weights.ndim == 1 and x.ndim > 1 and axis is not None:
        weights = _along_axis(weights, x, axis)
    elif not rules.same_except(x.shape, weights.shape):
        raise ValueError(
            "`weights` must have the shape of `x`, or, with an `axis`, the length of that axis. "
            f"Received: x.shape={x.shape}, weights.shape={weights.shape}, axis={axis}"
        )
    return sum(x * weights, axis) / sum(weights, axis)


def _along_axis(weights, x, axis):
    axis = rules.canonical_axis(axis, x.ndim)
    length = x.shape[axis]
    if None not in (length, weights.shape[0]) and length != weights.shape[0]:
        raise ValueError(
            f"`weights` must be as long as axis {axis} of `x`. "
            f"Received: x.shape={x.shape}, weights.shape={weights.shape}"
        )
    return ops.expand_dims(weights, [i for i in range(x.ndim) if i != axis])
