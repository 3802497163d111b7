"""Products of tensors."""

from __future__ import annotations

import functools
from typing import Any

from minicnn import ops
from minicnn.layers.merging.base_merge import Merge, wide_mask


class Multiply(Merge):
    """Multiplies tensors element by element: `y = x₁ · x₂ · …`

    All have the same shape, or shapes that can be repeated to one.

    Backward: `x̄₁ = ȳ · x₂ · x₃ · …`, and so on for each.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Multiply()([keras.ops.array([[1.0, 5.0]]), keras.ops.array([[3.0, 4.0]])])
        Tensor([[ 3., 20.]], dtype=float32)
    """

    def merge(self, inputs: list) -> Any:
        """Multiplies, from left to right. Masked elements count as 1; where all are masked, the
        product is 0.
        """
        masks = [wide_mask(x) for x in inputs]
        inputs = [
            x if m is None else ops.where(m, x, 1) for x, m in zip(inputs, masks, strict=True)
        ]
        output = functools.reduce(ops.multiply, inputs)
        if all(m is not None for m in masks):
            mask = functools.reduce(ops.logical_or, masks)
            output = ops.where(mask, output, 0)
            output._keras_mask = ops.any(mask, axis=-1)
        return output


def multiply(inputs: list, **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)
