"""Data in another range."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.layer import Layer


class Rescaling(Layer):
    """`y = x · scale + offset`, for instance pixels from 0 to 255 into the range from 0 to 1.

    Args:
        scale: the factor, or one for each channel.
        offset: what is added, or one for each channel.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Rescaling(1 / 255)(keras.ops.array([0, 255]))
        Tensor([0., 1.], dtype=float32)
    """

    settings = ("scale", "offset")

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Multiplies and adds."""
        x = ops.cast(inputs, self.compute_dtype)
        return x * ops.cast(self.scale, self.compute_dtype) + ops.cast(
            self.offset, self.compute_dtype
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
