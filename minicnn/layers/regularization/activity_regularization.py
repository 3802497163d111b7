"""A penalty on the values of a tensor."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class ActivityRegularization(Layer):
    """Returns its input, and adds `l1 · Σ|x| + l2 · Σx²` (per batch element) to the loss.

    Large outputs then cost something, and the network learns small ones.

    Backward: `x̄ = ȳ + l1 · sign(x) / n + 2 · l2 · x / n`, with n the number of batch elements.

    Args:
        l1: weight of the absolute values.
        l2: weight of the squares.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        from minicnn import regularizers

        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The penalty as `l1` and `l2`."""
        config = super().get_config()
        config.pop("activity_regularizer")
        return config
