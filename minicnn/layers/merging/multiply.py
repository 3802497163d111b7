"""Products of tensors."""

from __future__ import annotations

from typing import Any

from minicnn.layers.merging.base_merge import Merge


class Multiply(Merge):
    """Multiplies tensors element by element: `y = x₁ · x₂ · …`

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Multiply()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[ 3., 20.]], dtype=float32)
    """

    def merge(self, inputs: list) -> Any:
        """Multiplies, from left to right."""
        output = inputs[0]
        for x in inputs[1:]:
            output = output * x
        return output


def multiply(inputs: list, **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)
