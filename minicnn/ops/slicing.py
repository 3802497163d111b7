"""Slices and single elements of tensors, read and replaced."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["scatter", "scatter_update", "slice", "slice_update"]


def _places(indices):
    """Rows of indices `(…, k)` as the k index arrays that NumPy takes."""
    return tuple(np.moveaxis(np.asarray(indices), -1, 0))


@op(
    "indices",
    "values",
    spec=lambda indices, values, shape: KerasTensor(shape, values.dtype),
    vjp=(None, lambda g, y, indices, values, shape: ops.get_item(g, _places(indices))),
    wide=True,
)
def scatter(indices, values, shape):
    """Zeros of a shape, with values added at the positions that the rows of indices give."""
    result = np.zeros(tuple(shape), values.dtype)
    np.add.at(result, _places(indices), values)
    return result


_REDUCTIONS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}


def _scatter_update_vjp_inputs(g, y, inputs, indices, updates, reduction):
    if reduction == "add":
        return g
    if reduction == "mul":
        factors = scatter_update(ops.ones_like(inputs), indices, updates, "mul")
        return scaled(g, factors)
    if reduction is None:
        return scatter_update(g, indices, ops.zeros_like(updates))
    return ops.where(ops.equal(y, inputs), g, 0)


def _scatter_update_vjp_updates(g, y, inputs, indices, updates, reduction):
    places = _places(indices)
    if reduction == "mul":
        return ops.get_item(scaled(g, inputs), places)
    arriving = ops.get_item(g, places)
    if reduction in (None, "add"):
        return arriving
    return ops.where(ops.equal(ops.get_item(y, places), updates), arriving, 0)


@op(
    "inputs",
    "indices",
    "updates",
    spec=specs.like_first,
    vjp=(_scatter_update_vjp_inputs, None, _scatter_update_vjp_updates),
    wide=True,
)
def scatter_update(inputs, indices, updates, reduction=None):
    """The inputs with updates at the positions that the rows of indices give.

    Args:
        indices: of shape `(updates, axes)`. For gradients, no position may occur twice.
        reduction: how an update changes the element: replaces it (None), or `"add"`,
            `"mul"`, `"max"`, `"min"`.
    """
    result = inputs.copy()
    updates = updates.astype(inputs.dtype, copy=False)
    if reduction is None:
        result[_places(indices)] = updates
        return result
    if reduction.lower() not in _REDUCTIONS:
        raise ValueError(
            f"Invalid reduction: {reduction}. Supported values are: None, {list(_REDUCTIONS)}."
        )
    _REDUCTIONS[reduction.lower()].at(result, _places(indices), updates)
    return result


def _slice_spec(inputs, start_indices, shape):
    if len(shape) != inputs.ndim:
        raise ValueError(
            "The number of dimensions in `inputs` must match the number of dimensions in `shape`. "
            f"Received inputs.shape={inputs.shape} and shape={shape}"
        )
    if start_indices.shape[:1] not in ((inputs.ndim,), (None,)):
        raise ValueError(
            "The number of dimensions in `start_indices` must match the number of dimensions in "
            f"`inputs`. Received start_indices.shape={start_indices.shape} and "
            f"inputs.shape={inputs.shape}"
        )
    return KerasTensor((None if n == -1 else n for n in shape), inputs.dtype)


def _slices(inputs, start_indices, lengths):
    """The slices from the start indices on; -1 means up to the end."""
    slices = []
    for axis, (start, length) in enumerate(zip(start_indices.tolist(), lengths, strict=True)):
        end = inputs.shape[axis] if length == -1 else start + length
        if start < 0 or end > inputs.shape[axis]:
            raise ValueError(
                f"The slice from {start} to {end} along axis {axis} is outside a tensor of shape "
                f"{inputs.shape}."
            )
        slices.append(np.s_[start:end])
    return tuple(slices)


@composite("inputs", "start_indices")
def slice(inputs, start_indices, shape):
    """The part of a given shape that begins at the start indices; -1 means up to the end."""
    inputs, start_indices = ops.convert_to_tensor(inputs), ops.convert_to_tensor(start_indices)
    _slice_spec(inputs, start_indices, shape)
    if isinstance(start_indices, Tensor):
        triples = zip(inputs.shape, start_indices.tolist(), shape, strict=True)
        shape = [n - start if m == -1 and n is not None else m for n, start, m in triples]
    return _slice(inputs, start_indices, tuple(shape))


@op(
    "inputs",
    "start_indices",
    spec=_slice_spec,
    vjp=(
        lambda g, y, inputs, start_indices, shape: slice_update(
            ops.zeros_like(inputs), start_indices, g
        ),
        None,
    ),
)
def _slice(inputs, start_indices, shape):
    return inputs[_slices(inputs, start_indices, shape)]


@op(
    "inputs",
    "start_indices",
    "updates",
    spec=specs.like_first,
    vjp=(
        lambda g, y, inputs, start_indices, updates: slice_update(
            g, start_indices, ops.zeros_like(updates)
        ),
        None,
        lambda g, y, inputs, start_indices, updates: slice(g, start_indices, updates.shape),
    ),
)
def slice_update(inputs, start_indices, updates):
    """The inputs with the part that begins at the start indices replaced by the updates."""
    result = inputs.copy()
    result[_slices(inputs, start_indices, updates.shape)] = updates
    return result
