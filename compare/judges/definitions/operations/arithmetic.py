"""Elementwise operations, reductions and types."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.undefined import Undefined


def heaviside(x1, x2):
    """0 for negative numbers, 1 for positive ones, x2 at zero."""
    x1, x2 = np.broadcast_arrays(x1, x2)
    return np.where(x1 == 0, x2, np.where(x1 > 0, 1, 0).astype(x2.dtype))


def ldexp(x1, x2):
    """x1 · 2^x2."""
    return x1 * (2.0**x2).astype(x1.dtype)


def floor_divide(x1, x2):
    """The largest whole number that is not above x1 / x2."""
    quotient = x1 / x2
    return np.floor(quotient).astype(np.result_type(x1, x2))


def imag(x):
    """The imaginary part; zero for real numbers."""
    return np.imag(x) if np.iscomplexobj(x) else 0 * x


def average(x, axis=None, weights=None):
    """The mean, or Σ weight · x / Σ weight."""
    if weights is None:
        weights = np.ones_like(x)
    elif weights.ndim < x.ndim:
        weights = np.expand_dims(weights, [i for i in range(x.ndim) if i != axis % x.ndim])
    weights = np.broadcast_to(weights, x.shape)
    return (weights * x).sum(axis) / weights.sum(axis)


def cumprod(x, axis=None, dtype=None):
    """The products of the first elements: of one, of two, ..."""
    x = np.moveaxis(x.reshape(-1), 0, 0) if axis is None else np.moveaxis(x, axis, 0)
    product, rows = np.ones_like(x[0]), []
    for row in x:
        product = product * row
        rows.append(product)
    return np.moveaxis(np.stack(rows), 0, 0 if axis is None else axis).astype(dtype or x.dtype)


def cast(x, dtype):
    """The same numbers in another type."""
    return x.astype(dtype)


def saturate_cast(x, dtype):
    """The nearest numbers of another type."""
    kind = np.dtype(dtype)
    range_of = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    return np.clip(x.astype("float64"), range_of.min, range_of.max).astype(kind)


def full_like(x, fill_value, dtype=None):
    """An array of the same shape with other values."""
    return np.broadcast_to(fill_value, x.shape).astype(dtype or x.dtype)


def size(x):
    """The number of elements."""
    return np.int32(x.size)


def segment(start, joined):
    """The definition of a segment operation: `joined` adds a row to what its segment has."""

    def definition(data, segment_ids, num_segments=None, sorted=False):
        count = int(segment_ids.max()) + 1 if num_segments is None else num_segments
        found = np.full((count, *data.shape[1:]), start, data.dtype)
        for row, i in zip(data, segment_ids, strict=True):
            if 0 <= i < count:
                found[i] = joined(found[i], row)
        return found

    return definition


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product of all elements, or of those along the axis."""
    return np.prod(x.astype(dtype or x.dtype), axis, keepdims=keepdims)


def sparsemax(x, axis=-1):
    """The nearest point whose parts are not negative and have the sum 1: max(x − τ, 0)."""
    ordered = -np.sort(-np.moveaxis(x, axis, -1))
    limits = (np.cumsum(ordered, -1) - 1) / np.arange(1, x.shape[axis] + 1)
    limit = np.expand_dims(limits.max(-1), axis)
    return np.maximum(x - limit, 0).astype(x.dtype)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """The logarithm of the sum of the powers of e, minus the logit of the label."""
    if not from_logits:
        raise Undefined("sparse_categorical_crossentropy of probabilities")
    logits = np.moveaxis(output, axis, -1)
    own = np.take_along_axis(logits, target[..., None].astype(int), -1)[..., 0]
    return np.log(np.exp(logits).sum(-1)) - own


DEFINITIONS = {
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "sparsemax": sparsemax,
    "average": average,
    "cast": cast,
    "cumprod": cumprod,
    "floor_divide": floor_divide,
    "full_like": full_like,
    "heaviside": heaviside,
    "imag": imag,
    "ldexp": ldexp,
    "prod": prod,
    "saturate_cast": saturate_cast,
    "segment_max": segment(-np.inf, np.maximum),
    "segment_min": segment(np.inf, np.minimum),
    "segment_prod": segment(1, np.multiply),
    "segment_sum": segment(0, np.add),
    "size": size,
}
