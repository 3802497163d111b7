"""Elements selected by index: `x[key]`, `take`, `take_along_axis`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor, Variable
from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation

__all__ = ["get_item", "take", "take_along_axis"]


def as_key(key: Any) -> Any:
    """An index as NumPy takes it: tensors in it become arrays, a list a tuple."""
    if isinstance(key, list) and any(
        isinstance(k, slice | type(None) | type(Ellipsis)) for k in key
    ):
        key = tuple(key)
    return tree.map_structure(_as_index, key) if isinstance(key, tuple) else _as_index(key)


def _as_index(key: Any) -> Any:
    if isinstance(key, slice):
        return slice(*(_as_bound(bound) for bound in (key.start, key.stop, key.step)))
    return np.asarray(key) if isinstance(key, Tensor | Variable | list) else key


def _as_bound(bound: Any) -> Any:
    return bound if bound is None else int(bound)


def _get_item_spec(x, key):
    """Unknown lengths stay unknown, unless an integer takes the axis away."""
    if None not in x.shape:
        # An array of zero strides costs no memory, and NumPy checks the index as for any array.
        placeholder = np.broadcast_to(np.empty((), bool), x.shape)
        try:
            return KerasTensor(placeholder[as_key(key)].shape, x.dtype)
        except IndexError as error:
            raise ValueError(f"A tensor of shape {x.shape} cannot be indexed: {error}.") from error
    return KerasTensor(_sliced_shape(x.shape, key), x.dtype)


def _sliced_shape(shape, key):
    keys = list(key) if isinstance(key, tuple | list) else [key]
    places = [i for i, k in enumerate(keys) if k is Ellipsis]
    if len(places) > 1:
        raise ValueError(f"Slice should only have one ellipsis. Received: `{key}`")
    consumed = sum(k is not None and k is not Ellipsis for k in keys)
    if consumed > len(shape):
        raise ValueError(
            f"Array has shape {shape} but slice has to many indices. Received: `{key}`"
        )
    place = places[0] if places else len(keys)
    keys[place : place + 1] = [slice(None)] * (len(shape) - consumed)
    lengths, result = iter(shape), []
    for k in keys:
        if k is None:
            result.append(1)
        elif isinstance(k, slice):
            result.append(_slice_length(next(lengths), k))
        elif isinstance(k, int | np.integer):
            _check_index(next(lengths), k, shape, key)
        else:
            raise ValueError(
                f"Unsupported key type for a symbolic tensor of shape {shape}: `{key}`. Use "
                "integers, slices, `...` and None, or `ops.take`."
            )
    return result


def _slice_length(length, key):
    if length is None:
        # `[:n]` gives fewer than n elements if the axis is shorter, which is not known here.
        return None
    return len(range(*key.indices(length)))


def _check_index(length, index, shape, key):
    if length is not None and not -length <= index < length:
        raise ValueError(f"Array has shape {shape} but out-of-bounds index {key} was requested.")


@op("x", spec=_get_item_spec, vjp=(lambda g, y, x, key: _put_item(g, x.shape, key),))
def get_item(x, key):
    """`x[key]`, with integers, slices, `...`, None, and arrays of integers or truth values."""
    return x[as_key(key)]


class GetItem(Operation):
    """The operation behind `x[key]`. The key is an argument of the call, as in Keras's files."""

    @classmethod
    def call_symbolically(cls, tensors, settings):
        return cls().symbolic_call(*tensors, settings["key"])

    def call(self, x, key):
        return get_item(x, tuple(key) if isinstance(key, list) else key)

    def compute_output_spec(self, x, key):
        return _get_item_spec(x, tuple(key) if isinstance(key, list) else key)


get_item.operation_class = get_item.primitive.operation_class = GetItem


def _put_item_spec(g, shape, key):
    return KerasTensor(shape, g.dtype)


@op("g", spec=_put_item_spec, vjp=(lambda h, y, g, shape, key: get_item(h, key),), wide=True)
def _put_item(g, shape, key):
    """The adjoint of `x[key]`: zeros, with each cotangent added at the index of its element."""
    result = np.zeros(shape, g.dtype)
    key = as_key(key)
    if any(isinstance(k, np.ndarray) for k in (key if isinstance(key, tuple) else (key,))):
        np.add.at(result, key, g)
    else:
        result[key] = g
    return result


def _take_spec(x, indices, axis=None):
    if axis is None:
        return KerasTensor(indices.shape, x.dtype)
    axis = rules.canonical_axis(axis, x.ndim)
    return KerasTensor((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


def _take_vjp(g, y, x, indices, axis):
    if axis is None:
        return ops.reshape(take_adjoint(ops.ravel(g), ops.ravel(indices), (x.size,), 0), x.shape)
    return take_adjoint(g, indices, x.shape, axis)


@op("x", "indices", spec=_take_spec, vjp=(_take_vjp, None))
def take(x, indices, axis=None):
    """The slices of x at `indices` along an axis; elements of the flat x for `axis=None`.

    Negative indices count from the end. Indices outside raise an error.
    """
    return kernels.take(x, _as_positions(indices), axis=axis)


def _as_positions(indices):
    if indices.dtype.kind not in "iu":
        indices = indices.astype("int64")
    return indices


@op(
    "g",
    "indices",
    spec=lambda g, indices, shape, axis: KerasTensor(shape, g.dtype),
    vjp=(lambda h, y, g, indices, shape, axis: take(h, indices, axis), None),
    wide=True,
)
def take_adjoint(g, indices, shape, axis):
    """The adjoint of `take` from `shape`: each slice of g is added where it was taken from."""
    axis = axis % len(shape)
    rows, length, width = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    taken = _as_positions(indices).reshape(1, -1, 1) % max(length, 1)
    places = (np.arange(rows).reshape(-1, 1, 1) * length + taken) * width + np.arange(width)
    # `add.at` is five times as fast with flat places.
    result = np.zeros(rows * length * width, g.dtype)
    np.add.at(result, places.reshape(-1), g.reshape(-1))
    return result.reshape(shape)


def _along_axis_spec(x, indices, axis=None):
    if axis is None:
        x, axis = KerasTensor((rules.total(x.shape),), x.dtype), 0
    if x.ndim != indices.ndim:
        raise ValueError(
            "`x` and `indices` must have the same number of dimensions (1 for `axis=None`). "
            f"Received: shapes {x.shape} and {indices.shape}."
        )
    axis = rules.canonical_axis(axis, x.ndim)
    open_shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    return KerasTensor(broadcast_shapes(open_shape, indices.shape), x.dtype)


def _places_along_axis(shape, indices, axis):
    """Indices for all axes that select the elements of `take_along_axis`."""
    axis = axis % len(shape)
    full = np.broadcast_shapes((*shape[:axis], 1, *shape[axis + 1 :]), indices.shape)
    indices = np.broadcast_to(indices, full)
    places = [np.zeros(1, "int64") if n == 1 else np.arange(n) for n in shape]
    grid = [
        p.reshape([-1 if i == j else 1 for j in range(len(shape))]) for i, p in enumerate(places)
    ]
    grid[axis] = _as_positions(indices)
    return tuple(grid)


@composite("x", "indices")
def take_along_axis(x, indices, axis=None):
    """Elements along an axis, with own indices for each row: `y[i, j] = x[i, indices[i, j]]`."""
    if axis is None:
        return _take_along_axis(ops.ravel(x), indices, 0)
    return _take_along_axis(x, indices, axis)


@op(
    "x",
    "indices",
    spec=_along_axis_spec,
    vjp=(lambda g, y, x, indices, axis: _along_axis_adjoint(g, indices, x.shape, axis), None),
)
def _take_along_axis(x, indices, axis):
    _along_axis_spec(KerasTensor(x.shape), KerasTensor(indices.shape), axis)
    return x[_places_along_axis(x.shape, indices, axis)]


@op(
    "g",
    "indices",
    spec=lambda g, indices, shape, axis: KerasTensor(shape, g.dtype),
    vjp=(lambda h, y, g, indices, shape, axis: _take_along_axis(h, indices, axis), None),
    wide=True,
)
def _along_axis_adjoint(g, indices, shape, axis):
    result = np.zeros(shape, g.dtype)
    np.add.at(result, _places_along_axis(shape, indices, axis), g)
    return result
