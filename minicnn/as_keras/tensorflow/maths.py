"""Reductions, sums of several tensors, segments and clipping."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.autodiff import Tensor
from minicnn.common import dtypes

TopK = namedtuple("TopKV2", ["values", "indices"])


@named("divide math.divide truediv math.truediv realdiv")
def divide(x: Any, y: Any) -> Any:
    """Quotients; those of whole numbers are float64."""
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    if all(dtypes.is_int_dtype(ops.dtype(each)) for each in (x, y)):
        narrow = {"int8", "uint8", "int16", "uint16"}
        kind = "float32" if {ops.dtype(x), ops.dtype(y)} <= narrow else "float64"
        x, y = ops.cast(x, kind), ops.cast(y, kind)
    return ops.divide(x, y)


@named("math.squared_difference")
def squared_difference(x: Any, y: Any) -> Any:
    """`(x - y)²`."""
    return ops.square(ops.subtract(x, y))


@named("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any) -> Any:
    """`x · y`, and 0 where y is 0."""
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y))


@named("math.xlogy")
def xlogy(x: Any, y: Any) -> Any:
    """`x · log y`, and 0 where x is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, ops.zeros_like(x), x * ops.log(ops.where(zero, ops.ones_like(y), y)))


@named("add_n math.add_n math.accumulate_n")
def add_n(inputs: Any) -> Any:
    """The sum of tensors of one shape."""
    total = ops.convert_to_tensor(inputs[0])
    for each in inputs[1:]:
        total = total + each
    return total


@named("scalar_mul math.scalar_mul")
def scalar_mul(scalar: Any, x: Any) -> Any:
    """A number times a tensor."""
    return ops.multiply(scalar, x)


@named("math.polyval")
def polyval(coeffs: Any, x: Any) -> Any:
    """A polynomial by its coefficients, the highest first."""
    total = ops.zeros_like(x)
    for coefficient in coeffs:
        total = total * x + coefficient
    return total


@named("argmax math.argmax")
def argmax(input: Any, axis: Any = None, output_type: Any = "int64") -> Any:
    """Positions of the largest elements along an axis, the first by default."""
    return ops.cast(ops.argmax(input, axis=static(axis) or 0), output_type)


@named("argmin math.argmin")
def argmin(input: Any, axis: Any = None, output_type: Any = "int64") -> Any:
    """Positions of the smallest elements along an axis, the first by default."""
    return ops.cast(ops.argmin(input, axis=static(axis) or 0), output_type)


@named("math.top_k nn.top_k")
def top_k(input: Any, k: Any = 1, sorted: bool = True, index_type: Any = "int32") -> TopK:
    """The k largest elements of each row, and their positions."""
    values, indices = ops.top_k(input, static(k), sorted)
    return TopK(values, ops.cast(indices, index_type))


@named("math.count_nonzero")
def count_nonzero(
    input: Any, axis: Any = None, keepdims: bool | None = None, dtype: Any = "int64"
) -> Any:
    """How many elements are not 0."""
    is_set = ops.cast(ops.not_equal(input, 0), dtype)
    return ops.cast(ops.sum(is_set, static(axis), bool(keepdims)), dtype)


@named("math.zero_fraction nn.zero_fraction")
def zero_fraction(value: Any) -> Any:
    """The share of elements that are 0."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


@named("math.reduce_euclidean_norm")
def reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`√Σx²`."""
    return ops.sqrt(ops.sum(ops.square(input_tensor), static(axis), keepdims))


def _cumulated(function: Any, neutral: int) -> Any:
    def cumulated(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        x, axis = ops.convert_to_tensor(x), static(axis)
        if reverse:
            return ops.flip(cumulated(ops.flip(x, axis), axis, exclusive), axis)
        if exclusive:
            key = [slice(None)] * x.ndim
            key[axis] = slice(0, -1)
            widths = [(0, 0)] * x.ndim
            widths[axis] = (1, 0)
            x = ops.pad(x[tuple(key)], widths, constant_values=neutral)
        return ops.cast(function(x, axis=axis), x.dtype)

    return cumulated


cumsum = named("cumsum math.cumsum")(_cumulated(ops.cumsum, 0))
cumprod = named("math.cumprod")(_cumulated(ops.cumprod, 1))


def _by_segments(name: str) -> None:
    def segments(data: Any, segment_ids: Any) -> Any:
        count = int(np.max(np.asarray(segment_ids))) + 1
        return getattr(ops, name)(data, segment_ids, count)

    named(f"math.{name}")(segments)


for _name in ("segment_max", "segment_min", "segment_prod", "segment_sum"):
    _by_segments(_name)


@named("math.unsorted_segment_mean")
def unsorted_segment_mean(data: Any, segment_ids: Any, num_segments: Any) -> Any:
    """The mean of the rows of each segment."""
    data, count = ops.convert_to_tensor(data), static(num_segments)
    rows = ops.segment_sum(ops.ones_like(data), segment_ids, count)
    return ops.segment_sum(data, segment_ids, count) / ops.maximum(rows, 1)


@named("math.segment_mean")
def segment_mean(data: Any, segment_ids: Any) -> Any:
    """The mean of the rows of each segment."""
    return unsorted_segment_mean(data, segment_ids, int(np.max(np.asarray(segment_ids))) + 1)


@named("math.bincount")
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
) -> Any:
    """How often each number stands there."""
    values, kind = np.asarray(arr).reshape(-1), dtype
    if weights is not None:
        weights = np.asarray(ops.convert_to_tensor(weights)).reshape(-1)
        kind = weights.dtype.name
    counts = np.bincount(values, weights, static(minlength) or 0)[: static(maxlength)]
    return Tensor(counts.astype(dtypes.numpy_dtype(kind)))


@named("math.confusion_matrix")
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = "int32",
) -> Any:
    """How often class i was taken for class j."""
    rows, columns = np.asarray(labels).reshape(-1), np.asarray(predictions).reshape(-1)
    count = static(num_classes) or int(max(rows.max(), columns.max())) + 1
    matrix = np.zeros((count, count), dtypes.numpy_dtype(dtype))
    values = 1 if weights is None else np.asarray(weights).astype(matrix.dtype)
    np.add.at(matrix, (rows, columns), values)
    return Tensor(matrix)


@named("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    """t, scaled down where its norm is larger."""
    norm = ops.sqrt(ops.sum(ops.square(t), static(axes), keepdims=True))
    return t * (clip_norm / ops.maximum(norm, clip_norm))


@named("linalg.global_norm")
def global_norm(t_list: Any) -> Any:
    """The norm of all tensors together; None is left out."""
    return ops.sqrt(add_n([ops.sum(ops.square(t)) for t in t_list if t is not None]))


@named("clip_by_global_norm")
def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None) -> Any:
    """All tensors scaled down if their norm together is larger, and that norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = clip_norm / ops.maximum(norm, clip_norm)
    return [None if t is None else t * scale for t in t_list], norm
