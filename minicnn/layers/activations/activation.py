"""The layer that applies any activation function."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import keep_settings, settings_of


class Activation(Layer):
    """Applies an activation function to each element: `y = activation(x)`.

    Between two linear layers it makes the network able to learn more than one linear map.

    Backward: `x̄ = ȳ ⊙ activation'(x)`, if it works on each element.

    Args:
        activation: a name of `minicnn.activations`, or a function.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Activation("relu")(keras.ops.array([-1.0, 2.0]))
        Tensor([0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        keep_settings(self, locals())
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Applies the function."""
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
