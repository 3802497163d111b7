"""The difference of two tensors."""

from __future__ import annotations

from typing import Any

from minicnn.layers.merging.base_merge import Merge


class Subtract(Merge):
    """The difference of two tensors: `y = x₁ − x₂`

    It takes a list of exactly two.

    Backward: `x̄₁ = ȳ` and `x̄₂ = −ȳ`

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Subtract()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[-2.,  1.]], dtype=float32)
    """

    def build(self, input_shape: Any) -> None:
        """Checks the shapes, and that there are two."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. "
                f"Received: input_shape={input_shape}"
            )

    def merge(self, inputs: list) -> Any:
        """Subtracts the second from the first."""
        return inputs[0] - inputs[1]


def subtract(inputs: list, **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)
