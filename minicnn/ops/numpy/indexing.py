"""Elements picked by place or by condition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import dtypes, ops, tree
from minicnn.autodiff import Tensor, Variable
from minicnn.backend import kernels
from minicnn.ops.declare import composite, op, to_array
from minicnn.ops.keras_tensor import KerasTensor
from minicnn.ops.numpy import rules
from minicnn.ops.operation import Operation
from minicnn.shapes import broadcast_shapes

__all__ = [
    "bincount",
    "digitize",
    "get_item",
    "nonzero",
    "searchsorted",
    "select",
    "take",
    "take_along_axis",
    "unravel_index",
    "where",
]


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
        # An array of no bytes has every property of indexing that a large one has.
        placeholder = np.broadcast_to(np.empty((), bool), x.shape)
        try:
            return KerasTensor(placeholder[as_key(key)].shape, x.dtype)
        except IndexError as error:
            raise ValueError(f"A tensor of shape {x.shape} cannot be indexed: {error}.") from error
    return KerasTensor(_sliced_shape(x.shape, key), x.dtype)


def _sliced_shape(shape, key):
    keys = list(key) if isinstance(key, tuple | list) else [key]
    if sum(k is Ellipsis for k in keys) > 1:
        raise ValueError(f"Slice should only have one ellipsis. Received: `{key}`")
    consumed = sum(k is not None and k is not Ellipsis for k in keys)
    if consumed > len(shape):
        raise ValueError(
            f"Array has shape {shape} but slice has to many indices. Received: `{key}`"
        )
    if not any(k is Ellipsis for k in keys):
        keys.append(Ellipsis)
    place = keys.index(Ellipsis)
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
        # `[:n]` may still be shorter: only from the data can it be told.
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
    """`x[key]` in a graph. The key is an argument of the call, as in Keras's files."""

    @classmethod
    def draw(cls, tensors, settings):
        return cls().symbolic_call(*tensors, settings["key"])

    def call(self, x, key):
        return get_item(x, tuple(key) if isinstance(key, list) else key)

    def compute_output_spec(self, x, key):
        return _get_item_spec(x, tuple(key) if isinstance(key, list) else key)


get_item.operation_class = get_item.primitive.operation_class = GetItem


def _put_item_spec(g, shape, key):
    return KerasTensor(shape, g.dtype)


@op("g", spec=_put_item_spec, vjp=(lambda h, y, g, shape, key: get_item(h, key),))
def _put_item(g, shape, key):
    """The adjoint of `x[key]`: zeros, and at the place of each element its cotangent."""
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
    """Indices for all axes, that pick what `take_along_axis` picks."""
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
    """Elements of each row along an axis by indices of its own: `y[i, j] = x[i, indices[i, j]]`."""
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
)
def _along_axis_adjoint(g, indices, shape, axis):
    result = np.zeros(shape, g.dtype)
    np.add.at(result, _places_along_axis(shape, indices, axis), g)
    return result


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
    """From the choice of the first condition that holds, or `default` where none does."""
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
    """The places of the elements that are not 0: a tuple of indices, one vector an axis."""
    return tuple(index.astype("int32") for index in kernels.nonzero(np.atleast_1d(x)))


def _searchsorted_spec(sorted_sequence, values, side="left"):
    if sorted_sequence.ndim != 1:
        raise ValueError(
            "`searchsorted` only supports 1-D sorted sequences. You can use "
            "`keras.ops.vectorized_map` to extend it to N-D sequences. "
            f"Received: sorted_sequence.shape={sorted_sequence.shape}"
        )
    # Places in a sequence of unknown length may not fit into 32 bits.
    length = sorted_sequence.shape[0]
    small = length is not None and length <= np.iinfo("int32").max
    return KerasTensor(values.shape, "int32" if small else "int64")


@op("sorted_sequence", "values", spec=_searchsorted_spec, class_name="SearchSorted")
def searchsorted(sorted_sequence, values, side="left"):
    """Where each value would have to be inserted to keep the sequence sorted."""
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
    return "int32" if weights is None else dtypes.result_type(x.dtype, to_array(weights).dtype)


def _bincount_spec(x, weights=None, **_):
    return KerasTensor((*x.shape[:-1], None), _bincount_dtype(x, weights))


@op("x", spec=_bincount_spec)
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each whole number from 0 occurs along the last axis, or the sum of its weights."""
    if sparse:
        raise ValueError("minicnn has dense tensors only: leave out `sparse`.")
    rows = x.reshape(-1, x.shape[-1]).astype("int64")
    length = max(int(rows.max(initial=-1)) + 1, minlength)
    weighted = [None] * len(rows)
    if weights is not None:
        weighted = to_array(weights).reshape(rows.shape)
    dtype = dtypes.numpy_dtype(_bincount_dtype(x, weights))
    counts = [
        np.bincount(row, w, length).astype(dtype) for row, w in zip(rows, weighted, strict=True)
    ]
    return np.stack(counts).reshape(*x.shape[:-1], length)


@op("indices", spec=lambda indices, shape: [KerasTensor(indices.shape, indices.dtype)] * len(shape))
def unravel_index(indices, shape):
    """From places in the flat array to indices along the axes of `shape`, a tuple of them."""
    if None in shape:
        raise ValueError(f"`shape` argument cannot contain `None`. Received: shape={shape}")
    size = math.prod(shape)
    places = np.unravel_index(np.where(indices < 0, indices + size, indices), shape)
    return tuple(place.astype(indices.dtype) for place in places)
