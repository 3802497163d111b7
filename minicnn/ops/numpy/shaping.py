"""Reshaping and reordering: the same elements in another shape or order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "broadcast_to",
    "copy",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "ravel",
    "reshape",
    "roll",
    "rot90",
    "squeeze",
    "swapaxes",
    "transpose",
]

_BACK_TO_INPUT = (lambda g, y, x, *_, **__: ops.reshape(g, x.shape),)


def as_lengths(newshape):
    """A target shape as a tuple, from a number, a list or a tensor; None for symbolic numbers."""
    if isinstance(newshape, int | np.integer):
        return (int(newshape),)
    if isinstance(newshape, KerasTensor):
        return (None,) * (newshape.shape[0] if newshape.shape else 1)
    return tuple(None if n is None or isinstance(n, KerasTensor) else int(n) for n in newshape)


def _check_lengths(newshape):
    if any(n is not None and n < -1 for n in newshape):
        raise ValueError(
            "Each dimension in `newshape` must be a non-negative integer, or `-1` for the one that "
            f"follows from the others. Received: newshape={newshape}"
        )
    if newshape.count(-1) > 1:
        raise ValueError(
            "There must be at most one unknown dimension (-1) in `newshape`. "
            f"Received: newshape={newshape}"
        )


def reshaped(shape, newshape):
    """`newshape` with -1 replaced by the length that follows, or None if the size is not known."""
    _check_lengths(newshape)
    if None in shape or None in newshape:
        return tuple(None if n == -1 else n for n in newshape)
    size, known = math.prod(shape), math.prod(n for n in newshape if n != -1)
    fits = size == known if -1 not in newshape else known > 0 and size % known == 0
    if not fits:
        raise ValueError(
            f"The total size of the tensor must be unchanged, but its {size} elements do not fill "
            f"the new shape. Received: input_shape={shape}, newshape={newshape}"
        )
    return tuple(size // known if n == -1 else n for n in newshape)


def _reshape_spec(x, newshape):
    return KerasTensor(reshaped(x.shape, as_lengths(newshape)), x.dtype)


@op("x", spec=_reshape_spec, vjp=_BACK_TO_INPUT)
def reshape(x, newshape):
    """The elements in the same order in another shape; one length may be -1 (computed)."""
    lengths = as_lengths(newshape)
    _check_lengths(lengths)  # NumPy treats every negative number as -1
    return x.reshape(lengths)


@op("x", spec=lambda x: KerasTensor((rules.total(x.shape),), x.dtype), vjp=_BACK_TO_INPUT)
def ravel(x):
    """All elements in one axis."""
    return x.reshape(-1)


def _permutation(axes, ndim):
    if axes is None:
        return tuple(reversed(range(ndim)))
    axes = tuple(axes)
    if len(axes) != ndim:
        raise ValueError(
            "`axes` must be a list of the same length as the input shape. "
            f"Received: axes={list(axes)} for input of rank {ndim}."
        )
    if not all(isinstance(a, int | np.integer) and -ndim <= a < ndim for a in axes):
        raise ValueError(
            f"Each axis in `axes` must be an integer in [-{ndim}, {ndim}). "
            f"Received: axes={list(axes)}."
        )
    order = tuple(int(a) % ndim for a in axes)
    if len(set(order)) != ndim:
        raise ValueError(
            "`axes` must be a valid permutation of the input dimensions, each named once. "
            f"Received: axes={list(axes)} for input of rank {ndim}."
        )
    return order


def _transpose_spec(x, axes=None):
    return KerasTensor((x.shape[a] for a in _permutation(axes, x.ndim)), x.dtype)


def _transpose_vjp(g, y, x, axes):
    return ops.transpose(g, tuple(int(a) for a in np.argsort(_permutation(axes, x.ndim))))


@op("x", spec=_transpose_spec, vjp=(_transpose_vjp,))
def transpose(x, axes=None):
    """The axes in another order, reversed by default: axis i of the result is `axes[i]` of x."""
    return kernels.transpose(x, axes)


def _moved(ndim, source, destination):
    """The permutation that moves axes to their destinations and keeps the order of the others."""
    source = specs.normalize_axes(source, ndim)
    destination = specs.normalize_axes(destination, ndim)
    if len(source) != len(destination):
        raise ValueError(
            "`source` and `destination` arguments must have the same number of elements. "
            f"Received: source={source}, destination={destination}"
        )
    order = [a for a in range(ndim) if a not in source]
    for to, origin in sorted(zip(destination, source, strict=True)):
        order.insert(to, origin)
    return tuple(order)


@composite("x")
def moveaxis(x, source, destination):
    """Moves axes to other positions; the others keep their order."""
    x = ops.convert_to_tensor(x)
    return transpose(x, _moved(len(x.shape), source, destination))


def _swapaxes_spec(x, axis1, axis2):
    first, second = (rules.canonical_axis(axis, x.ndim) for axis in (axis1, axis2))
    shape = list(x.shape)
    shape[first], shape[second] = shape[second], shape[first]
    return KerasTensor(shape, x.dtype)


@op("x", spec=_swapaxes_spec, vjp=(lambda g, y, x, axis1, axis2: swapaxes(g, axis1, axis2),))
def swapaxes(x, axis1, axis2):
    """Exchanges two axes."""
    return kernels.swapaxes(x, axis1, axis2)


def _squeeze_spec(x, axis=None):
    if axis is None:
        return KerasTensor((n for n in x.shape if n != 1), x.dtype)
    axes = specs.normalize_axes(axis, x.ndim)
    for a in axes:
        if x.shape[a] != 1:
            raise ValueError(
                f"Cannot squeeze axis {a}, because the dimension is not 1. "
                f"Received: x.shape={x.shape}, axis={axis}"
            )
    return KerasTensor((n for i, n in enumerate(x.shape) if i not in axes), x.dtype)


@op("x", spec=_squeeze_spec, vjp=_BACK_TO_INPUT)
def squeeze(x, axis=None):
    """Removes axes of length 1: all of them, or those given."""
    return kernels.squeeze(x, rules.as_axis(axis))


def _expanded(shape, axis):
    if not isinstance(axis, int | np.integer | Sequence):
        raise ValueError(
            "The `axis` argument to `expand_dims` should be an integer, tuple or list. "
            f"Received axis={axis}"
        )
    count = len(axis) if isinstance(axis, Sequence) else 1
    axes = specs.normalize_axes(axis, len(shape) + count)
    lengths = iter(shape)
    return tuple(1 if i in axes else next(lengths) for i in range(len(shape) + count))


@op("x", spec=lambda x, axis: KerasTensor(_expanded(x.shape, axis), x.dtype), vjp=_BACK_TO_INPUT)
def expand_dims(x, axis):
    """Adds axes of length 1 at these positions of the result."""
    return x.reshape(_expanded(x.shape, axis))


def _broadcast_spec(x, shape):
    shape = as_lengths(shape)
    result = broadcast_shapes(x.shape, shape)
    if len(result) != len(shape) or any(
        n not in (None, m) for n, m in zip(shape, result, strict=True)
    ):
        raise ValueError(
            f"Cannot broadcast shape {x.shape} to {shape}: only axes of length 1 become longer."
        )
    return KerasTensor(shape, x.dtype)


@op("x", spec=_broadcast_spec, vjp=(lambda g, *_, **__: g,))
def broadcast_to(x, shape):
    """The elements repeated along new axes and along axes of length 1."""
    return kernels.broadcast_to(x, as_lengths(shape))


def _same_shape(x, axis=None, **_):
    specs.normalize_axes(axis, x.ndim)
    return KerasTensor(x.shape, x.dtype)


@op("x", spec=_same_shape, vjp=(lambda g, y, x, axis: flip(g, axis),))
def flip(x, axis=None):
    """The elements in reverse order along the axes (all of them by default)."""
    return kernels.flip(x, rules.as_axis(axis))


def _at_least(x, ndim, name):
    if len(x.shape) < ndim:
        raise ValueError(
            f"`{name}` requires input with {ndim} or more dimensions. Received: x.shape={x.shape}"
        )
    return x


@composite("x")
def fliplr(x):
    """The columns (axis 1) in reverse order."""
    return flip(_at_least(ops.convert_to_tensor(x), 2, "fliplr"), 1)


@composite("x")
def flipud(x):
    """The rows (axis 0) in reverse order."""
    return flip(_at_least(ops.convert_to_tensor(x), 1, "flipud"), 0)


@composite("array")
def rot90(array, k=1, axes=(0, 1)):
    """Rotates the plane of two axes k times by 90°, from the first axis towards the second."""
    array = ops.convert_to_tensor(array)
    if len(array.shape) < 2:
        raise ValueError(
            f"Input array must have at least 2 dimensions. Received: array.shape={array.shape}"
        )
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"Invalid axes: {axes}. Axes must be a tuple of two different dimensions.")
    first, second = axes
    if k % 4 == 0:
        return array
    if k % 4 == 2:
        return flip(array, axes)
    if k % 4 == 1:
        return swapaxes(flip(array, second), first, second)
    return flip(swapaxes(array, first, second), second)


def _roll_vjp(g, y, x, shift, axis):
    back = [-s for s in shift] if isinstance(shift, Sequence) else -shift
    return roll(g, back, axis)


@op("x", spec=_same_shape, vjp=(_roll_vjp,))
def roll(x, shift, axis=None):
    """Shifts the elements by `shift` positions; those beyond the end return at the start."""
    return kernels.roll(x, shift, axis)


def _view_as_is(x):
    return KerasTensor(x.shape, x.dtype)


@op("x", spec=_view_as_is, vjp=(lambda g, *_: g,))
def copy(x):
    """The same values."""
    return x.copy()
