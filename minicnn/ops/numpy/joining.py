"""Tensors joined along an axis, and split into parts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "append",
    "array_split",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "vsplit",
    "vstack",
]


def _concatenate_spec(xs, axis=0):
    if axis is None:
        raise ValueError("`axis` cannot be None for `concatenate`. Use `ops.ravel` on each first.")
    first = xs[0].shape
    axis = rules.canonical_axis(axis, len(first))
    for x in xs:
        if not rules.same_except(x.shape, first, axis):
            raise ValueError(
                "Every value in `xs` must have the same shape except on the `axis` dim "
                f"({axis}). But found element of shape {x.shape}, which is different from the "
                f"first element's shape {first}."
            )
    shape = list(first)
    for i in range(len(shape)):
        shape[i] = next((x.shape[i] for x in xs if x.shape[i] is not None), None)
    lengths = [x.shape[axis] for x in xs]
    shape[axis] = None if None in lengths else sum(lengths)
    return KerasTensor(shape, xs[0].dtype)


def _concatenate_vjp(g, y, xs, axis):
    ends = np.cumsum([x.shape[axis] for x in xs])
    return split(g, [int(end) for end in ends[:-1]], axis)


@op("*xs", promote="common", spec=_concatenate_spec, vjp=(_concatenate_vjp,))
def concatenate(xs, axis=0):
    """Tensors one after the other along an axis; their other lengths are equal."""
    return kernels.concatenate(xs, axis=axis)


def _stack_spec(x, axis=0):
    first = x[0].shape
    axis = rules.canonical_axis(axis, len(first) + 1)
    for item in x:
        if not rules.same_except(item.shape, first):
            raise ValueError(
                "Every value in `x` must have the same shape. But found element of shape "
                f"{item.shape}, which is different from the first element's shape {first}."
            )
    return KerasTensor((*first[:axis], len(x), *first[axis:]), x[0].dtype)


@op(
    "*x",
    promote="common",
    spec=_stack_spec,
    vjp=(lambda g, y, x, axis: ops.unstack(g, axis=axis),),
)
def stack(x, axis=0):
    """Tensors of one shape along a new axis."""
    return kernels.stack(x, axis=axis)


@composite("*xs")
def hstack(xs):
    """`concatenate` along axis 1 (along axis 0 of vectors)."""
    return concatenate(xs, axis=0 if len(xs[0].shape) < 2 else 1)


@composite("*xs")
def vstack(xs):
    """`concatenate` along axis 0."""
    return concatenate(xs, axis=0)


@composite("*xs")
def dstack(xs):
    """`concatenate` along axis 2, after adding the missing axes to vectors and matrices."""
    return concatenate([_with_depth(x) for x in xs], axis=2)


def _with_depth(x):
    places = {0: (0, 1, 2), 1: (0, 2), 2: (2,)}
    ndim = len(x.shape)
    return ops.expand_dims(x, places[ndim]) if ndim < 3 else x


@composite("x1", "x2")
def append(x1, x2, axis=None):
    """x2 after x1 along an axis; both flat for `axis=None`."""
    if axis is None:
        return concatenate([ops.ravel(x1), ops.ravel(x2)])
    return concatenate([x1, x2], axis)


def _boundaries(length, indices_or_sections):
    """The indices where parts begin and end; None where the length is not known."""
    if isinstance(indices_or_sections, int | np.integer):
        return _equal_boundaries(length, int(indices_or_sections))
    return [0, *(int(i) for i in indices_or_sections), length]


def _equal_boundaries(length, sections):
    if length is None:
        return [None] * (sections + 1)
    if sections <= 0 or length % sections:
        raise ValueError(
            "`x` size on given `axis` must be divisible by `indices_or_sections` when "
            f"`indices_or_sections` is an int. Received: {length} and {sections}."
        )
    return [i * (length // sections) for i in range(sections + 1)]


def _split_spec(x, indices_or_sections, axis=0):
    axis = rules.canonical_axis(axis, x.ndim)
    ends = _boundaries(x.shape[axis], indices_or_sections)
    parts = []
    for start, end in pairwise(ends):
        length = None if None in (start, end) else max(end - start, 0)
        parts.append(KerasTensor((*x.shape[:axis], length, *x.shape[axis + 1 :]), x.dtype))
    return parts


@op(
    "x",
    spec=_split_spec,
    vjp=(lambda g, y, x, indices_or_sections, axis: concatenate(g, axis),),
)
def split(x, indices_or_sections, axis=0):
    """A list of n equal parts along an axis, or of the parts between the given indices."""
    ends = _boundaries(x.shape[axis], indices_or_sections)
    before = (slice(None),) * rules.canonical_axis(axis, x.ndim)
    return [x[(*before, slice(a, b))] for a, b in pairwise(ends)]


def _array_split_indices(length, sections):
    size, longer = divmod(length, sections)
    return [i * size + min(i, longer) for i in range(1, sections)]


@composite("x")
def array_split(x, indices_or_sections, axis=0):
    """A list of n parts along an axis, the first longer by 1 if n does not divide its length."""
    if not isinstance(indices_or_sections, int):
        raise TypeError(
            "Argument `indices_or_sections` must be of type `int`. "
            f"Received: indices_or_sections={indices_or_sections}"
        )
    if indices_or_sections <= 0:
        raise ValueError(
            "Argument `indices_or_sections` must be a positive integer. "
            f"Received: indices_or_sections={indices_or_sections}"
        )
    if not isinstance(axis, int):
        raise TypeError(f"Argument `axis` must be of type `int`. Received: {axis}")
    x = ops.convert_to_tensor(x)
    length = x.shape[axis]
    if length is None:
        return split(x, indices_or_sections, axis)
    return split(x, _array_split_indices(length, indices_or_sections), axis)


def _split_along(name, least, axis):
    def split_parts(x, indices_or_sections):
        x = ops.convert_to_tensor(x)
        if len(x.shape) < least:
            raise ValueError(
                f"`{name}` only works on arrays of at least {least} dimension(s). "
                f"Received array with shape {x.shape}."
            )
        return split(x, indices_or_sections, min(axis, len(x.shape) - 1))

    return split_parts


@composite("x")
def hsplit(x, indices_or_sections):
    """`split` along axis 1 (along axis 0 of a vector)."""
    return _split_along("hsplit", 1, 1)(x, indices_or_sections)


@composite("x")
def vsplit(x, indices_or_sections):
    """`split` along axis 0."""
    return _split_along("vsplit", 2, 0)(x, indices_or_sections)


@composite("x")
def dsplit(x, indices_or_sections):
    """`split` along axis 2."""
    return _split_along("dsplit", 3, 2)(x, indices_or_sections)
