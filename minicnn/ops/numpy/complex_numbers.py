"""Parts and angles of complex numbers, and `view`, which reads the same bytes as another type."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "real",
    "view",
]

_PARTS = {"complex64": "float32", "complex128": "float64"}


def _part(dtype):
    name = dtypes.standardize_dtype(dtype)
    return _PARTS.get(name, name)


@op("x", spec=rules.typed(_part), vjp=(lambda g, *_: g,))
def real(x):
    """The real part."""
    return kernels.real(x)


def _complex_type(dtype):
    return "complex128" if dtype == "float64" else "complex64"


# The cotangent of a complex z is ∂/∂Re z - i ∂/∂Im z, as for analytic functions.
@op(
    "x1",
    "x2",
    promote="float",
    spec=rules.typed(_complex_type, specs.elementwise),
    vjp=(lambda g, *_: real(g), lambda g, *_: -imag(g)),
)
def from_parts(x1, x2):
    """The complex number `x1 + i·x2`."""
    y = np.empty(np.broadcast_shapes(x1.shape, x2.shape), _complex_type(x1.dtype))
    y.real, y.imag = x1, x2
    return y


def _imag_vjp(g, y, x):
    zeros = ops.zeros_like(g)
    return from_parts(zeros, -g) if "complex" in str(x.dtype) else zeros


@op("x", spec=rules.typed(_part), vjp=(_imag_vjp,))
def imag(x):
    """The imaginary part, 0 of a real number."""
    return kernels.imag(x)


@op("x", spec=specs.elementwise, vjp=(lambda g, *_: ops.conjugate(g),))
def conjugate(x):
    """The number with the opposite imaginary part."""
    return kernels.conjugate(x)


@op("x", spec=specs.elementwise, vjp=(lambda g, *_: ops.conjugate(g),))
def conj(x):
    """The number with the opposite imaginary part."""
    return kernels.conjugate(x)


@op("x", promote="float", spec=rules.typed(_part))
def angle(x):
    """The angle in [-π, π] of the number in the plane: 0 or π of a real number."""
    return kernels.angle(x).astype(dtypes.numpy_dtype(_part(x.dtype)))


def _view_spec(x, dtype=None):
    before = dtypes.numpy_dtype(x.dtype).itemsize
    dtype = dtypes.standardize_dtype(dtype or x.dtype)
    after = dtypes.numpy_dtype(dtype).itemsize
    if before == after:
        return KerasTensor(x.shape, dtype)
    if not x.shape:
        raise ValueError(
            f"A scalar of type {x.dtype} cannot be viewed as {dtype}, of another size."
        )
    last = x.shape[-1]
    if last is not None and last * before % after:
        raise ValueError(
            f"Cannot view array of shape {x.shape} and dtype {x.dtype} as dtype {dtype}: the "
            f"{last * before} bytes of a row are not divisible by its item size {after}."
        )
    return KerasTensor((*x.shape[:-1], last and last * before // after), dtype)


@op("x", spec=_view_spec)
def view(x, dtype=None):
    """The same bytes, read as another type. The last axis becomes longer or shorter."""
    dtype = dtypes.standardize_dtype(dtype or x.dtype)
    _view_spec(KerasTensor(x.shape, x.dtype.name), dtype)
    return np.ascontiguousarray(x).reshape(x.shape).view(dtypes.numpy_dtype(dtype))
