"""The leaky rectified linear unit as a layer."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn import activations
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class LeakyReLU(Layer):
    """Leaves positive elements as they are and makes negative ones small.

    Unlike for a ReLU, a negative element still has a gradient.

    `y = x if x > 0, else negative_slope · x`

    Backward: `x̄ = ȳ if x > 0, else negative_slope · ȳ`

    Args:
        negative_slope: the slope below zero.

    Source: Maas et al., "Rectifier nonlinearities improve neural network acoustic models" (2013).
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2
            )
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Expected a float. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Applies the function."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
