"""Equations, inverses and determinants."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import composite, op
from minicnn.ops.linalg.shared import check_matrix, check_square, number_spec, square_spec, swapped
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "inv",
    "lstsq",
    "matrix_rank",
    "pinv",
    "slogdet",
    "solve",
    "solve_triangular",
]


def _half_lower(x):
    """The lower triangle with half of the diagonal."""
    return (ops.tril(x) + ops.tril(x, -1)) / 2


def _cholesky_vjp(g, y, x, upper):
    # Murray, "Differentiation of the Cholesky decomposition" (2016), equation 10.
    if upper:
        g, y = swapped(g), swapped(y)
    inner = _half_lower(ops.matmul(swapped(y), g))
    left = solve_triangular(swapped(y), inner)
    part = swapped(solve_triangular(swapped(y), swapped(left)))
    return (part + swapped(part)) / 2


@op("x", promote="float", spec=square_spec, vjp=(_cholesky_vjp,))
def cholesky(x, upper=False):
    """The lower triangular L with `x = L Lᵀ`, or the upper triangular one, `x = UᵀU`."""
    try:
        lower = np.linalg.cholesky(x)
    except np.linalg.LinAlgError as error:
        raise ValueError(f"Cholesky decomposition failed: {error}") from error
    return np.swapaxes(lower, -1, -2).conj() if upper else lower


@composite("x")
def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is x."""
    x = ops.convert_to_tensor(x)
    check_square(x)
    root = inv(x)
    return ops.matmul(root, swapped(root)) if upper else ops.matmul(swapped(root), root)


def _det_vjp(g, y, x):
    return scaled(ops.expand_dims(scaled(g, y), (-2, -1)), swapped(_inverse_or_nan(x)))


@op("x", promote="float", spec=number_spec, vjp=(_det_vjp,))
def det(x):
    """Determinant."""
    return np.linalg.det(x)


def _inv_vjp(g, y, x):
    return -ops.matmul(swapped(y), ops.matmul(g, swapped(y)))


@op("x", promote="float", spec=square_spec, vjp=(_inv_vjp,))
def inv(x):
    """Inverse."""
    return np.linalg.inv(x)


def _inverse_or_nan_vjp(g, y, x):
    used = ops.any(ops.not_equal(g, 0), axis=(-2, -1), keepdims=True)
    return _inv_vjp(g, ops.where(used, y, 0), x)


@op("x", promote="float", spec=square_spec, vjp=(_inverse_or_nan_vjp,))
def _inverse_or_nan(x):
    """As `inv`, but NaN for matrices that have no inverse."""
    regular = np.linalg.slogdet(x)[0] != 0
    inverse = np.full_like(x, np.nan)
    inverse[regular] = np.linalg.inv(x[regular])
    return inverse


def _slogdet_spec(x):
    check = check_matrix if None in x.shape[-2:] else check_square
    check(x)
    return KerasTensor(x.shape[:-2], x.dtype), KerasTensor(x.shape[:-2], x.dtype)


@op(
    "x",
    promote="float",
    spec=_slogdet_spec,
    vjp=(lambda g, y, x: scaled(ops.expand_dims(g[1], (-2, -1)), swapped(_inverse_or_nan(x))),),
)
def slogdet(x):
    """Sign of the determinant and logarithm of its absolute value."""
    check_square(x)
    return tuple(np.linalg.slogdet(x))


def _solve_spec(a, b, **_):
    check_square(a)
    if b.ndim < 1:
        raise ValueError("Expected input to have rank >= 1. Received a scalar `b`.")
    rows, wanted = b.shape[-2] if a.ndim == b.ndim else b.shape[-1], a.shape[-1]
    # As Keras, a matrix b of unknown height is refused, and a vector of unknown length is not.
    unknown = wanted is None or (rows is None and b.ndim == a.ndim - 1)
    if a.ndim - b.ndim in (0, 1) and rows != wanted and not unknown:
        raise ValueError(
            "Incompatible shapes between `a` and `b`: `b` needs as many rows as `a`. "
            f"Received: a.shape={tuple(a.shape)}, b.shape={tuple(b.shape)}"
        )
    return KerasTensor(b.shape, b.dtype)


def _as_columns(a, b):
    """B as a matrix of one column, if it is a vector (or a batch of vectors)."""
    return (ops.expand_dims(b, -1), True) if b.ndim == a.ndim - 1 else (b, False)


def _solve_vjp_right(g, y, a, b):
    return solve(swapped(a), g)


def _solve_vjp_matrix(g, y, a, b):
    right = solve(swapped(a), g)
    (right, _), (y, _) = _as_columns(a, right), _as_columns(a, y)
    return -ops.matmul(right, swapped(y))


@op(
    "a",
    "b",
    promote="float",
    spec=_solve_spec,
    vjp=(_solve_vjp_matrix, _solve_vjp_right),
)
def solve(a, b):
    """The x with `a x = b`; b is one column or several."""
    if b.ndim == a.ndim - 1:
        return np.linalg.solve(a, b[..., np.newaxis])[..., 0]
    return np.linalg.solve(a, b)


@composite("a", "b")
def solve_triangular(a, b, lower=False):
    """The x with `a x = b` for a triangular a; the other triangle of a is ignored."""
    a = ops.convert_to_tensor(a)
    check_square(a)
    return solve(ops.tril(a) if lower else ops.triu(a), b)


def _pinv_spec(x, rcond=None):
    check_matrix(x)
    return KerasTensor((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


def _pinv_vjp(g, y, x, rcond):
    # Golub & Pereyra, "The differentiation of pseudo-inverses" (1973), theorem 4.3.
    g, p = swapped(g), swapped(y)
    beyond_rows = ops.eye(x.shape[-2], dtype=x.dtype) - ops.matmul(x, y)
    beyond_columns = ops.eye(x.shape[-1], dtype=x.dtype) - ops.matmul(y, x)
    through_rows = ops.matmul(ops.matmul(beyond_rows, g), ops.matmul(y, p))
    through_columns = ops.matmul(ops.matmul(p, y), ops.matmul(g, beyond_columns))
    return through_rows + through_columns - ops.matmul(p, ops.matmul(swapped(g), p))


def _cutoff(x, rcond):
    return max(x.shape[-2:]) * np.finfo(x.dtype).eps if rcond is None else rcond


@op("x", promote="float", spec=_pinv_spec, vjp=(_pinv_vjp,))
def pinv(x, rcond=None):
    """The pseudo-inverse of Moore and Penrose.

    Args:
        rcond: singular values below this share of the largest one count as 0.
    """
    return np.linalg.pinv(x, rcond=_cutoff(x, rcond))


def _lstsq_check(a, b):
    if len(a.shape) != 2:
        raise ValueError(f"Expected a to have rank 2. Received: a.shape={tuple(a.shape)}")
    if len(b.shape) not in (1, 2):
        raise ValueError(f"Expected b to have rank 1 or 2. Received: b.shape={tuple(b.shape)}")
    if None not in (a.shape[0], b.shape[0]) and a.shape[0] != b.shape[0]:
        raise ValueError(
            "Leading dimensions of input arrays must match: expected b.shape[0] to be equal to "
            f"a.shape[0]. Received: a.shape={tuple(a.shape)}, b.shape={tuple(b.shape)}"
        )


@composite("a", "b")
def lstsq(a, b, rcond=None):
    """The x with the smallest `|a x - b|`; the shortest one if there are several."""
    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    _lstsq_check(a, b)
    return ops.matmul(pinv(a, rcond), b)


def _rank_spec(x, tol=None):
    check_matrix(x)
    return KerasTensor(x.shape[:-2], "int32")


@op("x", promote="float", spec=_rank_spec)
def matrix_rank(x, tol=None):
    """The number of singular values larger than `tol`."""
    return np.asarray(np.linalg.matrix_rank(x, tol), "int32")
