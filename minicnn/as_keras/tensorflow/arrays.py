"""Making, joining, cutting and ordering tensors."""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import (
    ShapeTensor,
    SymbolicShape,
    TensorShape,
    shape_of,
    static,
)
from minicnn.autodiff import Tensor
from minicnn.common import dtypes
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Unique = namedtuple("Unique", ["y", "idx"])
UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])


@named("shape")
def shape(input: Any, out_type: Any = None) -> Any:
    """The lengths of the axes, as a tensor."""
    return shape_of(input, out_type)


@named("rank")
def rank(input: Any) -> Any:
    """The number of axes, as a tensor."""
    return ShapeTensor(np.array(len(ops.shape(input)), "int32"))


@named("size")
def size(input: Any, out_type: Any = None) -> Any:
    """The number of elements, as a tensor."""
    return functools.reduce(
        lambda a, b: a * b, shape_of(input, out_type), ShapeTensor(np.array(1, "int32"))
    )


@named("constant")
def constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """A tensor with these values, or filled with one."""
    made = ops.convert_to_tensor(value, dtype)
    if shape is None:
        return made
    make = ops.broadcast_to if made.size == 1 else ops.reshape
    return make(made, static(shape))


@named("convert_to_tensor")
def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None) -> Any:
    """The values as a tensor; tensors of the type stay as they are."""
    return ops.convert_to_tensor(value, dtype)


@named("identity")
def identity(input: Any) -> Any:
    """The same values as another tensor."""
    return ops.copy(input)


@named("ensure_shape")
def ensure_shape(x: Any, shape: Any) -> Any:
    """x, if it has this shape; None fits any length."""
    if not TensorShape(shape).is_compatible_with(x.shape):
        raise ValueError(f"tf.ensure_shape expected {tuple(shape)}, but x has {tuple(x.shape)}.")
    return x


@named("zeros")
def zeros(shape: Any, dtype: Any = "float32", layout: Any = None) -> Any:
    """A tensor of zeros."""
    return ops.zeros(static(shape), dtype)


@named("ones")
def ones(shape: Any, dtype: Any = "float32", layout: Any = None) -> Any:
    """A tensor of ones."""
    return ops.ones(static(shape), dtype)


@named("fill")
def fill(dims: Any, value: Any, layout: Any = None) -> Any:
    """A tensor filled with one number."""
    return ops.broadcast_to(ops.convert_to_tensor(value), static(dims))


@named("eye linalg.eye")
def eye(
    num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32"
) -> Any:
    """Ones on the diagonal, zeros elsewhere."""
    one = ops.eye(static(num_rows), static(num_columns), dtype=dtype)
    return one if batch_shape is None else ops.broadcast_to(one, (*static(batch_shape), *one.shape))


@named("range")
def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None) -> Any:
    """Numbers from `start` (or 0) up to `limit`, without it."""
    if limit is None:
        start, limit = 0, start
    given = [static(x) if not isinstance(x, KerasTensor) else x for x in (start, limit, delta)]
    types = [ops.dtype(x) for x in (start, limit, delta) if hasattr(x, "dtype")]
    kind = "float32" if any(isinstance(x, float) for x in given) else "int32"
    wanted = dtype or (dtypes.result_type(*types, kind) if types else kind)
    return ops.arange(*given, dtype=wanted)


@named("linspace")
def linspace(start: Any, stop: Any, num: Any, axis: int = 0) -> Any:
    """Numbers from `start` to `stop` at equal distances."""
    return ops.linspace(start, stop, static(num), axis=axis)


@named("one_hot")
def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
) -> Any:
    """Rows with `on_value` at the index and `off_value` elsewhere."""
    given = next((x for x in (on_value, off_value) if x is not None), 1.0)
    dtype = dtype or ops.convert_to_tensor(given).dtype
    hot = ops.one_hot(indices, static(depth), axis=-1 if axis is None else axis, dtype="bool")
    on = 1 if on_value is None else on_value
    return ops.cast(ops.where(hot, on, 0 if off_value is None else off_value), dtype)


@named("concat")
def concat(values: Any, axis: Any) -> Any:
    """Tensors joined along an axis."""
    if any(isinstance(value, SymbolicShape) for value in values):
        return SymbolicShape([n for value in values for n in value])
    joined = ops.concatenate(list(map(ops.convert_to_tensor, values)), static(axis))
    if any(isinstance(value, ShapeTensor) for value in values):
        return ShapeTensor(joined.array)
    return joined


@named("split")
def split(value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None) -> Any:
    """Parts along an axis: a number of equal ones, or of these lengths (-1: what is left)."""
    sizes, axis = static(num_or_size_splits), static(axis)
    if isinstance(sizes, int):
        return ops.split(value, sizes, axis)
    left = value.shape[axis] - sum(n for n in sizes if n >= 0) if -1 in sizes else 0
    ends = np.cumsum([left if n < 0 else n for n in sizes])
    return ops.split(value, tuple(ends[:-1].tolist()), axis)


@named("transpose")
def transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
    """Axes in another order, reversed by default."""
    moved = ops.transpose(a, None if perm is None else static(perm))
    return ops.conj(moved) if conjugate else moved


@named("pad")
def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    """Borders around a tensor: of a number, reflected or symmetric."""
    mode, paddings = mode.lower(), static(paddings)
    if mode == "constant":
        return ops.pad(tensor, paddings, mode, constant_values)
    return ops.pad(tensor, paddings, mode)


@named("repeat")
def repeat(input: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element several times; a sequence of numbers gives each its own."""
    counts = static(repeats)
    return ops.repeat(input, counts if isinstance(counts, int) else np.array(counts), axis=axis)


@named("slice")
def slice_(input_: Any, begin: Any, size: Any) -> Any:
    """The part that begins at `begin`; -1 in `size` means all that is left."""
    key = [
        slice(first, None if n == -1 else first + n)
        for first, n in zip(static(begin), static(size), strict=True)
    ]
    return ops.convert_to_tensor(input_)[tuple(key)]


@named("meshgrid")
def meshgrid(*args: Any, indexing: str = "xy") -> Any:
    """Coordinates of the points of a grid."""
    return ops.meshgrid(*args, indexing=indexing)


@named("sequence_mask")
def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Any:
    """True for the first elements of each row, as many as its length."""
    lengths = ops.convert_to_tensor(lengths)
    longest = static(ops.max(lengths) if maxlen is None else maxlen)
    positions = ops.arange(longest, dtype=str(lengths.dtype))
    return ops.cast(ops.less(positions, ops.expand_dims(lengths, -1)), dtype)


@named("sort")
def sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    """The values in order."""
    found = ops.sort(values, axis)
    return found if direction == "ASCENDING" else ops.flip(found, axis)


@named("argsort")
def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    """The positions of the values in order."""
    values = ops.convert_to_tensor(values)
    if direction == "ASCENDING":
        return ops.argsort(values, axis)
    found = ops.argsort(ops.flip(values, axis), axis)
    return ops.flip(values.shape[axis] - 1 - found, axis)


@named("searchsorted")
def searchsorted(
    sorted_sequence: Any, values: Any, side: str = "left", out_type: Any = "int32"
) -> Any:
    """Where the values would stand in the ordered rows."""
    rows, wanted = np.asarray(sorted_sequence), np.asarray(values)
    flat = zip(rows.reshape(-1, rows.shape[-1]), wanted.reshape(-1, wanted.shape[-1]), strict=True)
    found = [np.searchsorted(row, value, side) for row, value in flat]
    return Tensor(np.reshape(found, wanted.shape).astype(dtypes.numpy_dtype(out_type)))


@named("unique")
def unique(x: Any, out_idx: Any = "int32") -> Unique:
    """The different values in the order of their first places, and which each element is."""
    return Unique(*unique_with_counts(x, out_idx)[:2])


@named("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = "int32") -> UniqueWithCounts:
    """The different values, which each element is, and how often each stands there."""
    values, first, idx, counts = np.unique(
        np.asarray(ops.convert_to_tensor(x)),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    order = np.argsort(first)
    place, kind = np.argsort(order), dtypes.numpy_dtype(out_idx)
    parts = values[order], place[idx].astype(kind), counts[order].astype(kind)
    return UniqueWithCounts(*map(Tensor, parts))
