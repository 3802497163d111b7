"""Minimum of tensors."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.merging.base_merge import SelectingMerge


class Minimum(SelectingMerge):
    """The smallest of the tensors' elements: `y = min(x₁, x₂, …)`

    The tensors are compared element by element.

    Backward: `x̄ᵢ = ȳ if xᵢ = y, else 0`; of equal ones the first gets it.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Minimum()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[1., 4.]], dtype=float32)
    """

    select = staticmethod(ops.minimum)


def minimum(inputs: list, **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)
