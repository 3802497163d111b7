"""Means of tensors."""

from __future__ import annotations

from typing import Any

from minicnn.layers.merging.base_merge import Merge


class Average(Merge):
    """The mean of tensors, element by element: `y = (x₁ + … + xₙ) / n`

    All have the same shape, or shapes that can be repeated to one.

    Backward: `x̄ᵢ = ȳ / n`

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Average()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[2. , 4.5]], dtype=float32)
    """

    def merge(self, inputs: list) -> Any:
        """Adds, and divides by the number of tensors."""
        output = inputs[0]
        for x in inputs[1:]:
            output = output + x
        return output / len(inputs)


def average(inputs: list, **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)
