"""Reductions of the rows that have the same segment id."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import op
from minicnn.ops.define.half import at_least_float32
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _segment_spec(data, segment_ids, num_segments=None, sorted=False):
    if segment_ids.ndim != 1:
        raise ValueError(
            "Argument `segment_ids` should be an 1-D vector, got shape: "
            f"{tuple(segment_ids.shape)}. Flatten it, and the same axes of `data`."
        )
    lengths = {data.shape[:1], segment_ids.shape, (None,)} - {(None,)}
    if len(lengths) > 1:
        raise ValueError(
            "Argument `segment_ids` and `data` should have same leading dimension. Received: "
            f"segment_ids.shape={tuple(segment_ids.shape)}, data.shape={tuple(data.shape)}."
        )
    return KerasTensor((num_segments, *data.shape[1:]), data.dtype)


def _reduce_segments(ufunc, start, data, segment_ids, num_segments):
    """`ufunc` of the rows of each segment; `start` for segments without rows."""
    _segment_spec(KerasTensor(data.shape), KerasTensor(segment_ids.shape))
    count = int(segment_ids.max(initial=-1)) + 1 if num_segments is None else num_segments
    result = np.full((count, *data.shape[1:]), start, data.dtype)
    inside = (segment_ids >= 0) & (segment_ids < count)
    ufunc.at(result, segment_ids[inside], data[inside])
    return result


def _rows(per_segment, segment_ids):
    """The row of `per_segment` for each row of data."""
    return ops.take(per_segment, segment_ids, axis=0)


@op(
    "data",
    "segment_ids",
    spec=_segment_spec,
    vjp=(lambda g, y, data, segment_ids, **_: _rows_or_zero(g, data, segment_ids), None),
    wide=True,
)
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Sums of the rows of data that have the same segment id."""
    return _reduce_segments(np.add, 0, data, segment_ids, num_segments)


def _rows_or_zero(per_segment, data, segment_ids):
    """As `_rows`, but 0 for ids that belong to no segment."""
    ids, count = np.asarray(segment_ids), per_segment.shape[0]
    inside = ((ids >= 0) & (ids < count)).reshape(-1, *(1,) * (data.ndim - 1))
    if count == 0:
        return ops.zeros_like(data)
    return ops.where(inside, _rows(per_segment, np.clip(ids, 0, count - 1)), 0)


def _segment_extremum_vjp(g, y, data, segment_ids, num_segments, sorted):
    """Equal extrema share the gradient evenly."""
    largest = ops.equal(data, _rows_or_zero(y, data, segment_ids))
    chosen = at_least_float32(ops.cast(largest, data.dtype))
    number = segment_sum(chosen, segment_ids, y.shape[0])
    return chosen * _rows_or_zero(g / ops.maximum(number, 1), data, segment_ids)


def _lowest(dtype):
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _highest(dtype):
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf


@op("data", "segment_ids", spec=_segment_spec, vjp=(_segment_extremum_vjp, None))
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest of the rows of data that have the same segment id; -∞ for none."""
    return _reduce_segments(np.maximum, _lowest(data.dtype), data, segment_ids, num_segments)


@op("data", "segment_ids", spec=_segment_spec, vjp=(_segment_extremum_vjp, None))
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the rows of data that have the same segment id; ∞ for none."""
    return _reduce_segments(np.minimum, _highest(data.dtype), data, segment_ids, num_segments)


def _segment_prod_vjp(g, y, data, segment_ids, num_segments, sorted):
    """Multiplies each cotangent by the product of all other rows of its segment."""
    zero = ops.equal(data, 0)
    zeros = segment_sum(ops.cast(zero, data.dtype), segment_ids, y.shape[0])
    filled = ops.where(zero, 1, data)
    others = (
        _rows_or_zero(segment_prod(filled, segment_ids, y.shape[0]), data, segment_ids) / filled
    )
    other_zeros = _rows_or_zero(zeros, data, segment_ids) - ops.cast(zero, data.dtype)
    others = ops.where(ops.equal(other_zeros, 0), others, 0)
    return scaled(_rows_or_zero(g, data, segment_ids), others)


@op("data", "segment_ids", spec=_segment_spec, vjp=(_segment_prod_vjp, None))
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """Products of the rows of data that have the same segment id; 1 for none."""
    return _reduce_segments(np.multiply, 1, data, segment_ids, num_segments)
