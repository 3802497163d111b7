"""The layer of Inception-ResNet: a shortcut plus a scaled block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class CustomScaleLayer(Layer):
    """Adds to its first input the second one times a number: `y = a + scale · b`.

    Source: Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections
    on learning" (2016), §3.3.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.layers.applications.inception_resnet_v2 import CustomScaleLayer
        >>> CustomScaleLayer(0.1)([keras.ops.ones((1, 2)), keras.ops.ones((1, 2))]).numpy()
        array([[1.1, 1.1]], dtype=float32)

    Args:
        scale: the number.
    """

    def __init__(self, scale: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    settings = settings_of(__init__)

    def call(self, inputs: Sequence[Any]) -> Any:
        """Adds."""
        return inputs[0] + inputs[1] * self.scale

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """The shape of the first input."""
        return input_shape[0]


__all__ = ["CustomScaleLayer"]
