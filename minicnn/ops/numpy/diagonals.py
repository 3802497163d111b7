"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "diag",
    "diagflat",
    "diagonal",
    "trace",
    "tril",
    "triu",
    "vander",
]


def _diagonal_length(rows, columns, offset):
    if None in (rows, columns):
        return None
    return max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)


def _two_axes(x, axis1, axis2):
    if x.ndim < 2:
        raise ValueError(
            "`diagonal` requires an array of at least two dimensions, but `x` is of shape "
            f"{tuple(x.shape)}."
        )
    first, second = rules.canonical_axis(axis1, x.ndim), rules.canonical_axis(axis2, x.ndim)
    if first == second:
        raise ValueError(
            "`axis1` and `axis2` cannot be the same: they must be different axes. "
            f"Received: axis1={axis1}, axis2={axis2}"
        )
    return first, second


def _diagonal_spec(x, offset=0, axis1=0, axis2=1):
    first, second = _two_axes(x, axis1, axis2)
    kept = [n for i, n in enumerate(x.shape) if i not in (first, second)]
    return KerasTensor((*kept, _diagonal_length(x.shape[first], x.shape[second], offset)), x.dtype)


@op(
    "x",
    spec=_diagonal_spec,
    vjp=(lambda g, y, x, offset, axis1, axis2: _put_diagonal(g, x.shape, offset, axis1, axis2),),
)
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The elements of a diagonal of the matrices in two axes, in a new last axis."""
    return kernels.diagonal(x, offset, *_two_axes(x, axis1, axis2)).copy()


@op(
    "g",
    spec=lambda g, shape, offset, axis1, axis2: KerasTensor(shape, g.dtype),
    vjp=(lambda h, y, g, shape, offset, axis1, axis2: diagonal(h, offset, axis1, axis2),),
)
def _put_diagonal(g, shape, offset, axis1, axis2):
    """The adjoint of `diagonal`: zeros, with the cotangents along the diagonal."""
    result = np.zeros(shape, g.dtype)
    matrices = np.moveaxis(result, (axis1, axis2), (-2, -1))
    places = np.arange(g.shape[-1])
    matrices[..., places + max(-offset, 0), places + max(offset, 0)] = g
    return result


@composite("x")
def diag(x, k=0):
    """Makes a matrix with a vector on its k-th diagonal, or takes that diagonal from a matrix."""
    x = ops.convert_to_tensor(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise ValueError(f"`x` must be 1-D or 2-D, but received shape {tuple(x.shape)}.")
    if x.shape[0] is None:
        return KerasTensor((None, None), x.dtype)
    length = x.shape[0] + abs(k)
    return _put_diagonal(x, (length, length), k, 0, 1)


@composite("x")
def diagflat(x, k=0):
    """The matrix with the elements of x on its k-th diagonal."""
    return diag(ops.ravel(x), k)


@composite("x")
def trace(x, offset=0, axis1=0, axis2=1):
    """Sum of a diagonal of the matrices in two axes."""
    return ops.sum(diagonal(x, offset, axis1, axis2), axis=-1)


@op("x", spec=specs.like_first, vjp=(lambda g, y, x, k: tril(g, k),))
def tril(x, k=0):
    """The matrices with zeros above the k-th diagonal."""
    return kernels.tril(x, int(k))


@op("x", spec=specs.like_first, vjp=(lambda g, y, x, k: triu(g, k),))
def triu(x, k=0):
    """The matrices with zeros below the k-th diagonal."""
    return kernels.triu(x, int(k))


@composite("x")
def vander(x, N=None, increasing=False):
    """Powers of each element of a vector: row i is `xᵢᴺ⁻¹, …, xᵢ, 1` (or the other way round)."""
    x = ops.convert_to_tensor(x)
    if len(x.shape) != 1:
        raise ValueError(f"Input tensor must be 1-dimensional. Received: input.shape={x.shape}")
    if not isinstance(N, int | None):
        raise TypeError(f"Argument `N` must be of type `int`. Received: N={N} of type {type(N)}")
    if N is not None and N < 0:
        raise ValueError(f"Argument `N` must be nonnegative. Received: N={N}")
    if not isinstance(increasing, bool):
        raise TypeError(
            "Argument `increasing` must be of type `bool`. "
            f"Received: increasing={increasing} of type {type(increasing)}"
        )
    count = x.shape[0] if N is None else N
    if count is None:
        return KerasTensor((None, None), x.dtype)
    exponents = np.arange(count) if increasing else np.arange(count)[::-1]
    powers = ops.power(ops.expand_dims(x, -1), ops.cast(exponents, x.dtype))
    return ops.cast(powers, x.dtype)
