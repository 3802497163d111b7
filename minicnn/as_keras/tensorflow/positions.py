"""Elements and slices by their positions: gathered, scattered, masked."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.autodiff import Tensor


@named("gather")
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Any:
    """The slices with these indices along an axis."""
    axis = batch_dims if axis is None else static(axis)
    params, indices = ops.convert_to_tensor(params), ops.convert_to_tensor(indices)
    if not batch_dims:
        return ops.take(params, indices, axis)
    axis = axis - 1 if axis > 0 else axis
    pairs = zip(params, indices, strict=True)
    return ops.stack([gather(p, i, axis=axis, batch_dims=batch_dims - 1) for p, i in pairs])


def _flat_positions(indices: Any, shape: tuple) -> Any:
    """Positions in rows of the first axes, for indices of several axes each."""
    known = shape[: indices.shape[-1]]
    steps = np.cumprod((1, *known[:0:-1]))[::-1] if known else np.zeros(0)
    return ops.sum(indices * ops.convert_to_tensor(steps.astype("int32")), axis=-1)


@named("gather_nd")
def gather_nd(params: Any, indices: Any, batch_dims: int = 0, bad_indices_policy: str = "") -> Any:
    """The elements or slices at these positions, of which each is a row of indices."""
    params, indices = ops.convert_to_tensor(params), ops.convert_to_tensor(indices, "int32")
    if batch_dims:
        pairs = zip(params, indices, strict=True)
        return ops.stack([gather_nd(p, i, batch_dims=batch_dims - 1) for p, i in pairs])
    depth = indices.shape[-1]
    rows = ops.reshape(params, (-1, *params.shape[depth:]))
    return ops.take(rows, _flat_positions(indices, params.shape), axis=0)


@named("scatter_nd")
def scatter_nd(indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "") -> Any:
    """Zeros, to which the updates are added at these positions."""
    return ops.scatter(indices, updates, static(shape))


def _scattered(name: str, reduction: str | None, sign: int = 1) -> None:
    def update(tensor: Any, indices: Any, updates: Any) -> Any:
        updates = updates if sign == 1 else ops.negative(updates)
        return ops.scatter_update(tensor, indices, updates, reduction)

    update.__name__ = name
    named(name)(update)


_scattered("tensor_scatter_nd_update", None)
_scattered("tensor_scatter_nd_add", "add")
_scattered("tensor_scatter_nd_sub", "add", -1)
_scattered("tensor_scatter_nd_max", "max")
_scattered("tensor_scatter_nd_min", "min")


@named("where")
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Elements of x where the condition holds, else of y; without them the positions."""
    if x is None and y is None:
        return Tensor(np.argwhere(np.asarray(condition)).astype("int64"))
    return ops.where(condition, x, y)


@named("boolean_mask")
def boolean_mask(tensor: Any, mask: Any, axis: Any = None) -> Any:
    """The elements or slices for which the mask is true."""
    tensor, mask, first = ops.convert_to_tensor(tensor), np.asarray(mask), static(axis) or 0
    shape = tensor.shape
    joined = (*shape[:first], -1, *shape[first + mask.ndim :])
    return ops.take(ops.reshape(tensor, joined), np.flatnonzero(mask), axis=first)
