"""Tensors made from numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import configuration, dtypes
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define.declare import composite, op, to_array
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.shaping import as_lengths
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation

__all__ = [
    "Arange",
    "arange",
    "array",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]


def _filled(shape, value, dtype):
    lengths = as_lengths(shape)
    if None in lengths:  # the batch axis of a symbolic tensor
        return KerasTensor(lengths, dtype)
    return Tensor(np.full(lengths, value, dtypes.numpy_dtype(dtype)))


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros of a shape, `config.floatx()` unless a type is given."""
    return _filled(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones of a shape, `config.floatx()` unless a type is given."""
    return _filled(shape, 1, dtype)


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of a shape whose values may be anything (here they are zeros)."""
    return _filled(shape, 0, dtype)


@composite("fill_value")
def full(shape, fill_value, dtype=None):
    """A tensor of a shape, filled with one value (or with values that broadcast to it)."""
    return ops.broadcast_to(ops.cast(fill_value, dtype or configuration.floatx()), shape)


def _like(x, dtype=None):
    return KerasTensor(x.shape, dtypes.standardize_dtype(dtype or x.dtype))


def _numpy_type(x, dtype):
    return x.dtype if dtype is None else dtypes.numpy_dtype(dtype)


@op("x", spec=_like)
def zeros_like(x, dtype=None):
    """Zeros of x's shape and, unless another is given, type."""
    return np.zeros(x.shape, _numpy_type(x, dtype))


@op("x", spec=_like)
def ones_like(x, dtype=None):
    """Ones of x's shape and, unless another is given, type."""
    return np.ones(x.shape, _numpy_type(x, dtype))


@op("x", spec=_like)
def empty_like(x, dtype=None):
    """A tensor of x's shape and type whose values may be anything (here they are zeros)."""
    return np.zeros(x.shape, _numpy_type(x, dtype))


@op(
    "x",
    "fill_value",
    spec=lambda x, fill_value, dtype=None: _like(x, dtype),
    vjp=(None, lambda g, *_, **__: g),
)
def full_like(x, fill_value, dtype=None):
    """A tensor of x's shape (and type, unless another is given), filled with a value."""
    value = fill_value.astype(_numpy_type(x, dtype))
    return kernels.broadcast_to(value, x.shape).copy()


@op("x", spec=_like, vjp=(lambda g, *_, **__: g,))
def array(x, dtype=None):
    """A tensor with the values of x."""
    return x.astype(_numpy_type(x, dtype), copy=False)


def _as_size(name, value):
    if isinstance(value, float) or getattr(value, "dtype", None) in dtypes.FLOAT_TYPES:
        raise TypeError(
            f"Argument `{name}` must be an integer or an integer tensor, not {value!r}."
        )
    if getattr(getattr(value, "dtype", None), "kind", "i") not in "iu":
        raise TypeError(
            f"Argument `{name}` must be an integer or an integer tensor, not {value!r}."
        )
    return int(value)


def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Tensor:
    """N rows and M columns of zeros with ones on the k-th diagonal above the main one."""
    rows = _as_size("N", N)
    columns = rows if M is None else _as_size("M", M)
    return Tensor(np.eye(rows, columns, int(k), dtypes.numpy_dtype(dtype)))


def identity(n: int, dtype: Any = None) -> Tensor:
    """The unit matrix with n rows."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """N rows and M columns with ones on and below the k-th diagonal."""
    return Tensor(np.tri(N, M, k, dtypes.numpy_dtype(dtype)))


def _type_of(x):
    return x.dtype if hasattr(x, "dtype") else type(x)


def _arange_dtype(dtype, *bounds):
    if dtype is not None:
        return dtypes.standardize_dtype(dtype)
    return dtypes.result_type(*(_type_of(bound) for bound in bounds if bound is not None))


class Arange(Operation):
    """The operation behind `arange`."""

    def __init__(self, dtype=None, *, name=None):
        super().__init__(name=name)
        self.dtype = dtype

    def call(self, start, stop=None, step=None):
        return arange(start, stop, step, self.dtype)

    def compute_output_spec(self, start, stop=None, step=None):
        dtype = _arange_dtype(self.dtype, start, stop, step)
        if any(isinstance(bound, KerasTensor) for bound in (start, stop, step)):
            return KerasTensor((None,), dtype)
        first, last = (0, start) if stop is None else (start, stop)
        return KerasTensor((max(math.ceil((last - first) / (step or 1)), 0),), dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Evenly spaced numbers from `start` up to, but without, `stop`; from 0 if one bound is given.

    >>> import minicnn as keras
    >>> keras.ops.arange(3)
    Tensor([0, 1, 2], dtype=int32)
    """
    if any(isinstance(bound, KerasTensor) for bound in (start, stop, step)):
        return Arange(dtype).symbolic_call(start, stop, step)
    numpy_dtype = dtypes.numpy_dtype(_arange_dtype(dtype, start, stop, step))
    first, last = (0, start) if stop is None else (start, stop)
    bounds = [x if isinstance(x, int | float) else to_array(x).item() for x in (first, last)]
    step = 1 if step is None else to_array(step).item() if hasattr(step, "dtype") else step
    return Tensor(np.arange(*bounds, step).astype(numpy_dtype))


def _between_spec(start, stop, num, endpoint, dtype, axis):
    shape = broadcast_shapes(start.shape, stop.shape)
    axis = rules.canonical_axis(axis, len(shape) + 1)
    return KerasTensor((*shape[:axis], num, *shape[axis:]), dtype or start.dtype)


def _weighted(g, weights, axis):
    """The cotangent of `start` or of `stop` in `start·(1 - t) + stop·t`."""
    return ops.sum(ops.moveaxis(g, axis, -1) * weights.astype(g.dtype), axis=-1)


@op(
    "start",
    "stop",
    promote="float",
    spec=_between_spec,
    vjp=(
        lambda g, y, start, stop, num, endpoint, dtype, axis: _weighted(
            g, 1 - np.linspace(0, 1, num, endpoint), axis
        ),
        lambda g, y, start, stop, num, endpoint, dtype, axis: _weighted(
            g, np.linspace(0, 1, num, endpoint), axis
        ),
    ),
)
def _numbers_between(start, stop, num, endpoint, dtype, axis):
    values = np.linspace(start, stop, num, endpoint=endpoint, axis=axis)
    target = start.dtype if dtype is None else dtypes.numpy_dtype(dtype)
    return (np.floor(values) if target.kind in "iu" else values).astype(target)


@composite("start", "stop")
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` evenly spaced numbers from `start` to `stop` (without `stop` if not `endpoint`).

    >>> import minicnn as keras
    >>> keras.ops.linspace(0, 1, 5)
    Tensor([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    if num < 0:
        raise ValueError(f"`num` must be a non-negative integer. Received: num={num}")
    values = _numbers_between(start, stop, num, endpoint, dtype, axis)
    if not retstep:
        return values
    gaps = num - 1 if endpoint else num
    step = ops.subtract(stop, start) / gaps if gaps > 0 else ops.array(np.nan)
    return values, ops.cast(step, values.dtype)


@composite("start", "stop")
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """Powers of the base, with evenly spaced exponents from `start` to `stop`."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    values = ops.power(ops.cast(base, exponents.dtype), exponents)
    return values if dtype is None else ops.cast(values, dtype)


@composite("start", "stop")
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers from `start` to `stop`, each the same multiple of the one before."""
    exponents = [ops.log10(ops.absolute(bound)) for bound in (start, stop)]
    values = logspace(*exponents, num, endpoint, axis=axis)
    signs = ops.sign(start) * ops.ones_like(stop)
    values = values * ops.cast(ops.expand_dims(signs, axis), values.dtype)
    return values if dtype is None else ops.cast(values, dtype)
