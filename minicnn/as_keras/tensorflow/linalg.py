"""Products of matrices, norms and the rest of `tf.linalg`."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static


@named("matmul linalg.matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
) -> Any:
    """The product of matrices; either may be transposed first."""
    a = _turned(a, transpose_a, adjoint_a)
    product = ops.matmul(a, _turned(b, transpose_b, adjoint_b))
    return product if output_type is None else ops.cast(product, output_type)


def _turned(x: Any, transpose: bool, adjoint: bool = False) -> Any:
    x = ops.convert_to_tensor(x)
    if adjoint:
        x = ops.conj(x)
    return ops.swapaxes(x, -1, -2) if transpose or adjoint else x


@named("linalg.matvec")
def matvec(a: Any, b: Any, transpose_a: bool = False, adjoint_a: bool = False) -> Any:
    """The product of matrices and vectors."""
    product = ops.matmul(_turned(a, transpose_a, adjoint_a), ops.expand_dims(b, -1))
    return ops.squeeze(product, -1)


@named("linalg.adjoint")
def adjoint(matrix: Any) -> Any:
    """The conjugate of the transposed matrix."""
    return _turned(matrix, False, True)


@named("linalg.matrix_transpose")
def matrix_transpose(a: Any, conjugate: bool = False) -> Any:
    """The last two axes changed for each other."""
    return _turned(a, True, conjugate)


@named("einsum linalg.einsum")
def einsum(equation: str, *inputs: Any, optimize: Any = None) -> Any:
    """Sums of products, by the letters of the axes."""
    return ops.einsum(equation, *inputs)


@named("norm linalg.norm")
def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool | None = None
) -> Any:
    """The norm of vectors or matrices; of all elements by default."""
    tensor, axis, keep = ops.convert_to_tensor(tensor), static(axis), bool(keepdims)
    if ord == "euclidean":
        total = ops.sum(ops.square(ops.abs(tensor)), axis, keep)
        return ops.sqrt(total)
    if axis is None:
        found = ops.norm(ops.reshape(tensor, (-1,)), ord)
        return ops.reshape(found, (1,) * tensor.ndim) if keep else found
    return ops.norm(tensor, ord, axis, keep)


@named("linalg.normalize")
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None) -> Any:
    """The tensor divided by its norm, and the norm."""
    size = norm(tensor, ord, axis, keepdims=True)
    return tensor / size, size


@named("math.l2_normalize nn.l2_normalize linalg.l2_normalize")
def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Any:
    """`x / √max(Σx², ε)`."""
    total = ops.sum(ops.square(x), static(dim if axis is None else axis), keepdims=True)
    return x * ops.rsqrt(ops.maximum(total, epsilon))


@named("linalg.trace")
def trace(x: Any) -> Any:
    """The sum of the diagonal of the last two axes."""
    return ops.trace(x, axis1=-2, axis2=-1)


@named("linalg.diag_part")
def diag_part(input: Any, k: int = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT") -> Any:
    """A diagonal of the last two axes."""
    return ops.diagonal(input, k, -2, -1)


@named("linalg.diag")
def diag(diagonal: Any, k: int = 0) -> Any:
    """Matrices with these diagonals."""
    x = ops.convert_to_tensor(diagonal)
    places = np.eye(x.shape[-1] + abs(k), k=k, dtype=bool)
    rows = np.arange(len(places)) + min(k, 0)
    values = ops.take(x, np.clip(rows, 0, x.shape[-1] - 1), axis=-1)
    return ops.where(places, ops.expand_dims(values, -1), ops.zeros((), ops.dtype(x)))


@named("linalg.band_part")
def band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    """The matrix with zeros outside of a band around the diagonal; -1 keeps a whole side."""
    x, (lower, upper) = ops.convert_to_tensor(input), (static(num_lower), static(num_upper))
    x = x if lower < 0 else ops.triu(x, -lower)
    return x if upper < 0 else ops.tril(x, upper)


@named("linalg.svd")
def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """Singular values, and the matrices u and v with `x = u · diag(s) · vᵀ`."""
    if not compute_uv:
        return ops.svd(tensor, full_matrices, False)
    u, s, v = ops.svd(tensor, full_matrices)
    return s, u, _turned(v, True)


@named("linalg.qr")
def qr(input: Any, full_matrices: bool = False) -> Any:
    """An orthogonal and a triangular matrix, whose product the input is."""
    return ops.qr(input, "complete" if full_matrices else "reduced")


@named("linalg.triangular_solve")
def triangular_solve(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False) -> Any:
    """The x with `matrix · x = rhs`, of a triangular matrix."""
    matrix = _turned(matrix, adjoint)
    return ops.solve_triangular(matrix, rhs, lower=lower != adjoint)


@named("linalg.lstsq")
def lstsq(matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True) -> Any:
    """The x with the least `|matrix · x - rhs|² + λ|x|²`."""
    turned = _turned(matrix, True)
    square = ops.matmul(turned, matrix)
    size = ops.eye(square.shape[-1], dtype=ops.dtype(square)) * l2_regularizer
    return ops.solve(square + size, ops.matmul(turned, rhs))
