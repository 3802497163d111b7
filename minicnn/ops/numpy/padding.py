"""Padding: elements added before and after, along each axis."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import composite, op
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "pad",
]

_BY_PLACE = ("edge", "reflect", "symmetric", "wrap")
"""Modes that fill with elements of x. Padding the indices 0, 1, 2, … says which elements."""


def _widths(pad_width, ndim):
    """`(before, after)` for each axis, from a number, a pair, or a pair or number for each axis."""
    pad_width = np.asarray(pad_width).tolist()
    if isinstance(pad_width, int):
        return ((pad_width, pad_width),) * ndim
    if all(isinstance(n, int) for n in pad_width):
        pad_width = [pad_width]
    pairs = [tuple(pair) * (2 if len(pair) == 1 else 1) for pair in pad_width]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            "`pad_width` should be a list of tuples of length 1 or 2. "
            f"Received: pad_width={pad_width}"
        )
    if len(pairs) == 1:
        pairs *= ndim
    if len(pairs) != ndim:
        raise ValueError(
            "`pad_width` must have the same length as `x.shape`. "
            f"Received: pad_width={pad_width} (of length {len(pairs)}) for {ndim} axes"
        )
    return tuple(pairs)


def _pad_spec(x, widths, constant_values):
    pairs = zip(x.shape, widths, strict=True)
    return KerasTensor((None if n is None else n + a + b for n, (a, b) in pairs), x.dtype)


def _inside(g, widths):
    return g[tuple(slice(a, n - b) for n, (a, b) in zip(g.shape, widths, strict=True))]


@op("x", spec=_pad_spec, vjp=(lambda g, y, x, widths, constant_values: _inside(g, widths),))
def _pad_with_constant(x, widths, constant_values):
    value = 0 if constant_values is None else np.asarray(constant_values).astype(x.dtype)
    return kernels.pad(x, widths, constant_values=value)


@composite("x", "constant_values")
def pad(x, pad_width, mode="constant", constant_values=None):
    """The tensor with elements added before and after, along each axis.

    >>> import minicnn as keras
    >>> keras.ops.pad([1.0, 2.0, 3.0], (1, 2), mode="reflect")
    Tensor([2., 1., 2., 3., 2., 1.], dtype=float32)

    Args:
        pad_width: how many before and after: `((before, after), …)` for each axis, or one pair or
            one number for all axes.
        mode: `"constant"`, `"edge"`, `"reflect"`, `"symmetric"` or `"wrap"`.
        constant_values: the number that `"constant"` fills with, 0 by default.
    """
    x = ops.convert_to_tensor(x)
    widths = _widths(pad_width, len(x.shape))
    mode = mode.lower()
    if constant_values is not None and mode != "constant":
        raise ValueError(
            "Argument `constant_values` can only be provided when `mode == 'constant'`. "
            f"Received: mode={mode}"
        )
    if mode == "constant":
        return _pad_with_constant(x, widths, constant_values)
    if mode not in _BY_PLACE:
        raise ValueError(
            f"`mode` must be one of {('constant', *_BY_PLACE)}. Received: mode={mode!r}"
        )
    if isinstance(x, KerasTensor):
        return _pad_spec(x, widths, None)
    for axis, width in enumerate(widths):
        if width != (0, 0):
            places = np.pad(np.arange(x.shape[axis]), width, mode)
            x = ops.take(x, places, axis=axis)
    return x
