"""The layer that joins all axes but the batch axis."""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Flatten(Layer):
    """Joins all axes but the batch axis: `(batch, height, width, channels)` to `(batch, n)`.

    The elements stay in their order; no number is changed.

    `y[n, (i · width + j) · channels + c] = x[n, i, j, c]`

    Backward: `x̄[n, i, j, c] = ȳ[n, (i · width + j) · channels + c]`

    Args:
        data_format: with `"channels_first"` the channels are first moved to the end, so that the
            order of the elements does not depend on the layout.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Flatten()(keras.ops.ones((2, 3, 4))).shape
        (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = configuration.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Reshapes."""
        if self.data_format == "channels_first" and len(inputs.shape) > 2:
            inputs = ops.transpose(inputs, (0, *range(2, len(inputs.shape)), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The batch axis, and the product of all other lengths."""
        rest = input_shape[1:]
        return (input_shape[0], None if None in rest else math.prod(rest))

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline, in the input's type."""
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
