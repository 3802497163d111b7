"""The exponential linear unit as a layer."""

from __future__ import annotations

from typing import Any

from minicnn import activations
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class ELU(Layer):
    """Leaves positive elements as they are and bends negative ones towards −alpha.

    The mean of the outputs is nearer to zero than for a ReLU.

    `y = x if x > 0, else alpha · (eˣ − 1)`

    Backward: `x̄ = ȳ if x > 0, else ȳ · alpha · eˣ`

    Args:
        alpha: −alpha is the limit for large negative x.

    Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units"
    (2016).
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Applies the function."""
        return activations.elu(inputs, alpha=self.alpha)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
