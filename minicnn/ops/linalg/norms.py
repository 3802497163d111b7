"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import divided, scaled
from minicnn.ops.numpy.reductions import stretched

__all__ = ["norm"]

_INFINITY = float("inf")


def _length_vjp(g, y, x, axis, keepdims):
    """The gradient of the length of x: x divided by its length, and 0 at x = 0."""
    unit = divided(x, stretched(y, x, axis, keepdims))
    return scaled(stretched(g, x, axis, keepdims), unit)


@op("x", promote="float", spec=specs.reduction, vjp=(_length_vjp,), wide=True)
def euclidean_length(x, axis=None, keepdims=False):
    """`√Σ x²` of real numbers, right also where the squares overflow or underflow."""
    return kernels.euclidean_length(x, rules.as_axis(axis), keepdims)


def _root_of_squares(x, axis, keepdims):
    return euclidean_length(ops.absolute(x) if _is_complex(x) else x, axis, keepdims)


def _is_complex(x):
    return "complex" in str(x.dtype)


def _vector_norm(x, order, axis, keepdims):
    if isinstance(order, str):
        raise ValueError(f"Invalid `ord` argument for vector norm. Received: ord={order}")
    if order in (None, 2):
        return _root_of_squares(x, axis, keepdims)
    sizes = ops.absolute(x)
    if order == _INFINITY:
        return ops.max(sizes, axis, keepdims)
    if order == -_INFINITY:
        return ops.min(sizes, axis, keepdims)
    if order == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), x.dtype), axis, keepdims)
    # the powers of large numbers would overflow
    scale = ops.stop_gradient(_largest(sizes, axis))
    total = ops.sum(ops.power(sizes / scale, order), axis, keepdims=True)
    result = scale * ops.power(total, 1 / order)
    return result if keepdims else ops.squeeze(result, axis)


def _largest(sizes, axis):
    """The largest element along the axis, or 1 where it cannot be a divisor."""
    largest = ops.max(sizes, axis, keepdims=True, initial=0)
    return ops.where((largest > 0) & ops.isfinite(largest), largest, 1)


def _matrix_norm(x, order, axis, keepdims):
    if order in (None, "fro"):
        return _root_of_squares(x, axis, keepdims)
    rows, columns = axis
    extremum = {1: ops.max, 2: ops.max, _INFINITY: ops.max, "nuc": ops.sum}.get(order, ops.min)
    if order in ("nuc", 2, -2):
        singular = ops.linalg.svd(ops.moveaxis(x, axis, (-2, -1)), compute_uv=False)
        result = extremum(singular, axis=-1)
        return ops.expand_dims(result, sorted(axis)) if keepdims else result
    if abs(order) == _INFINITY:
        rows, columns = columns, rows
    sums = ops.sum(ops.absolute(x), rows, keepdims=True)
    result = extremum(sums, columns, keepdims=True)
    return result if keepdims else ops.squeeze(result, axis)


_MATRIX_ORDERS = (None, "fro", "nuc", _INFINITY, -_INFINITY, 1, -1, 2, -2)


@composite("x", wide=True)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of vectors (one axis) or matrices (two).

    Args:
        ord: for vectors the p of `(Σ |x|ᵖ)¹ᐟᵖ`, 0 for the number of elements that are not 0,
            ±infinity for the largest or smallest; for matrices `"fro"`, `"nuc"`, ±1, ±2 or
            ±infinity. None is the square root of the sum of squares.
        axis: the axis or the two axes, all of them by default.
    """
    x = ops.convert_to_tensor(x)
    x = ops.cast(x, rules.floating(x.dtype))
    if isinstance(ord, str) and ord not in ("fro", "nuc"):
        raise ValueError(
            "Invalid `ord` argument. Expected one of {'fro', 'nuc'} when using string. "
            f"Received: ord={ord}"
        )
    axes = specs.normalize_axes(axis, len(x.shape))
    if axis is None and ord is None:
        return _vector_norm(x, None, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ValueError(f"Invalid axis values: expected one or two axes. Received: axis={axis}")
    if ord not in _MATRIX_ORDERS:
        raise ValueError(f"Invalid `ord` argument for matrix norm. Received: ord={ord}")
    return _matrix_norm(x, ord, axes, keepdims)
