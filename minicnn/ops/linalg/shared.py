"""Checks and shape rules of matrices."""

from __future__ import annotations

from minicnn.autodiff import operations as ops
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def check_matrix(x):
    if len(x.shape) < 2:
        raise ValueError(
            f"Expected input to have rank >= 2. Received input with shape {tuple(x.shape)}."
        )


def check_square(x):
    check_matrix(x)
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"Expected a square matrix. Received non-square input with shape {tuple(x.shape)}"
        )


def square_spec(x, **_):
    """Shape rule of operations from square matrices to square matrices."""
    check_square(x)
    return KerasTensor(x.shape, x.dtype)


def number_spec(x, **_):
    """Shape rule of operations from square matrices to numbers."""
    check_square(x)
    return KerasTensor(x.shape[:-2], x.dtype)


def swapped(x):
    """The matrices transposed."""
    return ops.swapaxes(x, -1, -2)
