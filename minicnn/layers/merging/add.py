"""Sums of tensors."""

from __future__ import annotations

from typing import Any

from minicnn.layers.merging.base_merge import Merge


class Add(Merge):
    """Adds tensors, element by element: `y = x₁ + x₂ + …`

    All have the same shape, or shapes that can be repeated to one.

    Backward: `x̄ᵢ = ȳ`, summed over the axes along which a tensor was repeated.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Add()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[4., 9.]], dtype=float32)
    """

    def merge(self, inputs: list) -> Any:
        """Adds, from left to right."""
        output = inputs[0]
        for x in inputs[1:]:
            output = output + x
        return output


def add(inputs: list, **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)
