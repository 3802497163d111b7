"""Tensors and elements repeated."""

from __future__ import annotations

import math

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.shaping import as_lengths
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["Meshgrid", "meshgrid", "repeat", "tile"]


def _tile_counts(x, repeats):
    """Repeats and lengths, padded with ones in front to equally many axes."""
    repeats, lengths = as_lengths(repeats), tuple(x.shape)
    ndim = max(len(repeats), len(lengths))
    return (1,) * (ndim - len(repeats)) + repeats, (1,) * (ndim - len(lengths)) + lengths


def _tile_spec(x, repeats):
    return KerasTensor(map(rules.total, zip(*_tile_counts(x, repeats), strict=True)), x.dtype)


def _tile_vjp(g, y, x, repeats):
    counts, lengths = _tile_counts(x, repeats)
    pairs = [n for pair in zip(counts, lengths, strict=True) for n in pair]
    g = ops.sum(ops.reshape(g, pairs), axis=tuple(range(0, len(pairs), 2)))
    return ops.reshape(g, x.shape)


@op("x", spec=_tile_spec, vjp=(_tile_vjp,))
def tile(x, repeats):
    """The whole tensor repeated `repeats` times along each of the last axes."""
    return kernels.tile(x, _tile_counts(x, repeats)[0])


def _repeat_counts(repeats):
    return [None] if isinstance(repeats, KerasTensor) else [int(r) for r in np.ravel(repeats)]


def _repeat_spec(x, repeats, axis=None):
    counts = _repeat_counts(repeats)
    if axis is None:
        return KerasTensor((_repeated_length(rules.total(x.shape), counts),), x.dtype)
    axis = rules.canonical_axis(axis, x.ndim)
    length = _repeated_length(x.shape[axis], counts)
    return KerasTensor((*x.shape[:axis], length, *x.shape[axis + 1 :]), x.dtype)


def _repeated_length(length, counts):
    if length is None:
        return None
    if len(counts) == 1:
        return rules.total((length, counts[0]))
    if length != len(counts):
        raise ValueError(
            "Size of `repeats` and length of the repeated axis of `x` should be compatible. "
            f"Received: {len(counts)} and {length}"
        )
    return sum(counts)


def _repeat_vjp(g, y, x, repeats, axis):
    length = math.prod(x.shape) if axis is None else x.shape[axis]
    origins = np.repeat(np.arange(length), _repeat_counts(repeats))
    shape = (length,) if axis is None else x.shape
    return ops.reshape(ops.numpy.indexing.take_adjoint(g, origins, shape, axis or 0), x.shape)


@op("x", spec=_repeat_spec, vjp=(_repeat_vjp,))
def repeat(x, repeats, axis=None):
    """Each element repeated, one after the other; `repeats` is one number or one for each."""
    return kernels.repeat(x, _repeat_counts(repeats), axis=axis)


@composite("*x")
def _meshgrid(x, indexing="xy"):
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Valid values for `indexing` are 'xy' and 'ij'. Received: indexing={indexing!r}"
        )
    columns = [ops.ravel(item) for item in x]
    places = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        places[:2] = [1, 0]
    lengths = [None] * len(x)
    for place, column in zip(places, columns, strict=True):
        lengths[place] = column.shape[0]
    around = [tuple(i for i in range(len(x)) if i != place) for place in places]
    grids = [
        ops.expand_dims(column, axes) if axes else column
        for column, axes in zip(columns, around, strict=True)
    ]
    return [_spread(grid, tuple(lengths)) for grid in grids]


def _spread(grid, lengths):
    if None in lengths:
        return KerasTensor(broadcast_shapes(grid.shape, lengths), grid.dtype)
    return ops.broadcast_to(grid, lengths)


class Meshgrid(_meshgrid.operation_class):
    """The operation behind `meshgrid`."""

    def call(self, *x):
        return super().call(list(x))

    def compute_output_spec(self, *x):
        return super().compute_output_spec(list(x))


def meshgrid(*x, indexing="xy"):
    """Coordinate grids: from vectors of coordinates, one tensor each of all combinations.

    Args:
        x: vectors (other shapes are flattened).
        indexing: `"xy"` lays out the first vector along axis 1 and the second along axis 0,
            `"ij"` each along its own.
    """
    return Meshgrid(indexing=indexing)(*x)
