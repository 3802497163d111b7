"""Matrix decompositions: QR, singular values, eigenvalues, LU."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import op
from minicnn.ops.linalg.shared import check_matrix, check_square, swapped
from minicnn.ops.numpy.cotangent_products import divided, scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["eig", "eigh", "lu_factor", "qr", "svd"]


def _smaller(rows, columns):
    """The smaller of two lengths, unknown if one of them is."""
    return None if None in (rows, columns) else min(rows, columns)


def _qr_check(x, mode):
    if mode not in ("reduced", "complete"):
        raise ValueError(
            "`mode` argument value not supported. Expected one of {'reduced', 'complete'}. "
            f"Received: mode={mode}"
        )
    if len(x.shape) < 2:
        raise ValueError(f"Input should have rank >= 2. Received: input.shape = {tuple(x.shape)}")
    if None in x.shape[-2:]:
        raise ValueError(
            "Input should have its last 2 dimensions fully-defined. "
            f"Received: input.shape = {tuple(x.shape)}"
        )


def _qr_spec(x, mode="reduced"):
    _qr_check(x, mode)
    rows, columns = x.shape[-2:]
    inner = rows if mode == "complete" else min(rows, columns)
    factors = (rows, inner), (inner, columns)
    return tuple(KerasTensor((*x.shape[:-2], *shape), x.dtype) for shape in factors)


def _qr_vjp(g, y, x, mode):
    # Walter & Lehmann, "Algorithmic differentiation of linear algebra functions" (2012), section 4.
    rows, columns = x.shape[-2:]
    if rows < columns or (mode == "complete" and rows > columns):
        raise NotImplementedError(
            "The gradient of `qr` is known for matrices with at least as many rows as columns, and "
            f"`mode='reduced'`. Received: shape {x.shape}, mode={mode!r}"
        )
    q, r = qr(x, mode)
    inner = ops.matmul(r, swapped(g[1])) - ops.matmul(swapped(g[0]), q)
    symmetric = ops.tril(inner) + swapped(ops.tril(inner, -1))
    right = g[0] + ops.matmul(q, symmetric)
    return swapped(ops.linalg.solve_triangular(r, swapped(right)))


class _CheckedMode:
    """Makes `Qr(mode=…)` check the mode when it is created."""

    def __init__(self, mode="reduced", *, name=None):
        _qr_check(KerasTensor((1, 1)), mode)
        super().__init__(mode, name=name)


@op("x", promote="float", spec=_qr_spec, vjp=(_qr_vjp,))
def qr(x, mode="reduced"):
    """`x = Q R` with orthonormal columns in Q and an upper triangular R.

    Args:
        mode: `"reduced"` for as many columns in Q as needed, `"complete"` for a square Q.
    """
    return tuple(np.linalg.qr(x, mode))


class Qr(_CheckedMode, qr.operation_class):
    """The operation behind `qr`."""


qr.operation_class = Qr
qr.primitive.operation_class = Qr


def _svd_spec(x, full_matrices=True, compute_uv=True):
    check_matrix(x)
    rows, columns = x.shape[-2:]
    batch, inner = x.shape[:-2], _smaller(rows, columns)
    values = KerasTensor((*batch, inner), x.dtype)
    if not compute_uv:
        return values
    left, right = (rows, columns) if full_matrices else (inner, inner)
    u = KerasTensor((*batch, rows, left), x.dtype)
    return u, values, KerasTensor((*batch, right, columns), x.dtype)


def _differences(values):
    """`1 / (vⱼ - vᵢ)`, and 0 on the diagonal."""
    gaps = ops.expand_dims(values, -2) - ops.expand_dims(values, -1)
    unit = ops.eye(values.shape[-1], dtype=values.dtype)
    return (1 - unit) / (gaps + unit)


def _svd_vjp(g, y, x, full_matrices, compute_uv):
    # Townsend, "Differentiating the singular value decomposition" (2016), equations 9 to 11.
    u, values, vt = svd(x, full_matrices=False)
    if not compute_uv:
        return ops.matmul(u * ops.expand_dims(g, -2), vt)
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise NotImplementedError(
            "The gradient of `svd` to a matrix that is not square needs `full_matrices=False`, as "
            f"the other columns are arbitrary. Received: shape {x.shape}"
        )
    gu, gv = g[0], swapped(g[2])
    v = swapped(vt)
    row = ops.expand_dims(values, -2)
    column = ops.expand_dims(values, -1)
    weights = _differences(ops.square(values))
    turn_u, turn_v = ops.matmul(swapped(u), gu), ops.matmul(vt, gv)
    inner = scaled(turn_u - swapped(turn_u), weights) * row
    inner = inner + column * scaled(turn_v - swapped(turn_v), weights)
    inner = inner + ops.eye(values.shape[-1], dtype=x.dtype) * ops.expand_dims(g[1], -2)
    part = ops.matmul(ops.matmul(u, inner), vt)
    beyond_u = divided(gu - ops.matmul(u, turn_u), row)
    beyond_v = divided(gv - ops.matmul(v, turn_v), row)
    return part + ops.matmul(beyond_u, vt) + ops.matmul(u, swapped(beyond_v))


@op("x", promote="float", spec=_svd_spec, vjp=(_svd_vjp,), class_name="SVD")
def svd(x, full_matrices=True, compute_uv=True):
    """`x = U diag(s) Vᵀ` with orthonormal columns in U and V and s from the largest on down.

    Returns:
        `(U, s, Vᵀ)`, or only s without `compute_uv`.
    """
    result = np.linalg.svd(x, full_matrices, compute_uv)
    return tuple(result) if compute_uv else result


def _eigen_spec(x):
    check_square(x)
    return KerasTensor(x.shape[:-1], x.dtype), KerasTensor(x.shape, x.dtype)


def _eigh_vjp(g, y, x):
    # Giles, "An extended collection of matrix derivative results" (2008), section 3.1.
    values, vectors = eigh(x)
    turn = scaled(ops.matmul(swapped(vectors), g[1]), _differences(values))
    inner = turn + ops.eye(values.shape[-1], dtype=x.dtype) * ops.expand_dims(g[0], -2)
    part = ops.matmul(ops.matmul(vectors, inner), swapped(vectors))
    return (part + swapped(part)) / 2


@op("x", promote="float", spec=_eigen_spec, vjp=(_eigh_vjp,))
def eigh(x):
    """Eigenvalues of symmetric matrices, from the smallest on, and eigenvectors in columns."""
    return tuple(np.linalg.eigh(x))


@op("x", promote="float", spec=_eigen_spec)
def eig(x):
    """Eigenvalues of matrices, which may be complex, and eigenvectors in columns."""
    return tuple(np.linalg.eig(x))


def _lu_spec(x):
    check_matrix(x)
    *batch, rows, columns = x.shape
    return KerasTensor(x.shape, x.dtype), KerasTensor((*batch, _smaller(rows, columns)), "int32")


@op("x", promote="float", spec=_lu_spec)
def lu_factor(x):
    """`x = P L U`: both triangles in one matrix (L without its ones), and the pivots.

    Row i was exchanged with row `pivots[i]`, one after the other, as LAPACK counts them.
    """
    check_matrix(x)
    factors, pivots = x.copy(), []
    batch = tuple(np.indices(x.shape[:-2]))
    for i in range(min(x.shape[-2:])):
        pivot = i + np.argmax(np.abs(factors[..., i:, i]), axis=-1)
        top = factors[..., i, :].copy()
        factors[..., i, :] = factors[(*batch, pivot)]
        factors[(*batch, pivot)] = top
        factors[..., i + 1 :, i] /= factors[..., i, i, np.newaxis]
        below = factors[..., i + 1 :, i, np.newaxis] * factors[..., i, np.newaxis, i + 1 :]
        factors[..., i + 1 :, i + 1 :] -= below
        pivots.append(pivot)
    return factors, np.stack(pivots, axis=-1).astype("int32")
