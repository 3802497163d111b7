"""The layer that reshapes."""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Reshape(Layer):
    """The same elements in another shape: `(batch, ...)` to `(batch, *target_shape)`.

    They stay in their order, the last axis counting fastest.

    `y[n, i] = x[n, i]` for the i-th element of a sample.

    Backward: `x̄[n, i] = ȳ[n, i]`

    Args:
        target_shape: lengths of the axes without the batch axis; one of them may be -1 and is
            then computed.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Reshape((7, -1))(keras.ops.ones((2, 28))).shape
        (2, 7, 4)
    """

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        target_shape = tuple(target_shape)
        if target_shape.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in target_shape. Received: "
                f"target_shape={target_shape}"
            )
        if any(n < -1 for n in target_shape):
            raise ValueError(
                "Each dimension of target_shape must be a non-negative integer, or -1 for one "
                f"that is computed. Received: target_shape={target_shape}"
            )
        self.target_shape = target_shape

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Reshapes."""
        return ops.reshape(inputs, (inputs.shape[0], *self._target(inputs.shape)))

    def _target(self, input_shape: Shape) -> Shape:
        rest, target = input_shape[1:], self.target_shape
        if None in rest:
            return tuple(None if n == -1 else n for n in target)
        size, known = math.prod(rest), math.prod(n for n in target if n != -1)
        fits = size % known == 0 if -1 in target and known else size == known
        if not fits:
            raise ValueError(
                f"Layer '{self.name}' cannot put {size} elements, of an input of shape "
                f"{tuple(input_shape)}, into target_shape={target}: the total size of the tensor "
                "must be unchanged."
            )
        return tuple(size // known if n == -1 else n for n in target)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The batch axis and the target shape."""
        return (input_shape[0], *self._target(input_shape))

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline, in the input's type."""
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)
