"""The layer that permutes axes."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Permute(Layer):
    """Puts the axes into another order; the batch axis stays.

    No number is changed; images can be turned so that columns become rows.

    `y[n, i, j] = x[n, j, i]` with `dims` (2, 1), for instance.

    Backward: `x̄[n, j, i] = ȳ[n, i, j]`

    Args:
        dims: for each axis of the output, which axis of the input it is, counted from 1.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Permute((2, 1))(keras.ops.ones((2, 3, 4))).shape
        (2, 4, 3)
    """

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in "
                f"`dims` must be consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Transposes."""
        return ops.transpose(inputs, axes=(0, *self.dims))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The lengths in the new order."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline, in the input's type."""
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
