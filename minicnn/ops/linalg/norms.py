"""Lengths of vectors and sizes of matrices."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.ops import specs
from minicnn.ops.declare import composite
from minicnn.ops.numpy import rules

__all__ = ["norm"]

_INFINITY = float("inf")


def _vector_norm(x, order, axis, keepdims):
    if isinstance(order, str):
        raise ValueError(f"Invalid `ord` argument for vector norm. Received: ord={order}")
    if order in (None, 2):
        return ops.sqrt(ops.sum(ops.square(ops.absolute(x)), axis, keepdims))
    sizes = ops.absolute(x)
    if order == _INFINITY:
        return ops.max(sizes, axis, keepdims)
    if order == -_INFINITY:
        return ops.min(sizes, axis, keepdims)
    if order == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), x.dtype), axis, keepdims)
    return ops.power(ops.sum(ops.power(sizes, order), axis, keepdims), 1 / order)


def _matrix_norm(x, order, axis, keepdims):
    if order in (None, "fro"):
        return ops.sqrt(ops.sum(ops.square(ops.absolute(x)), axis, keepdims))
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


@composite("x")
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
