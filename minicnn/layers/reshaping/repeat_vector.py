"""The layer that repeats a vector."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class RepeatVector(Layer):
    """Repeats a vector: `(batch, features)` to `(batch, n, features)`.

    So a vector can be given to each step of a recurrent layer.

    `y[n, t, i] = x[n, i]`

    Backward: `x̄[n, i] = Σ_t ȳ[n, t, i]`

    Args:
        n: number of repetitions.
    """

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(n, int):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        if n <= 0:
            raise ValueError(f"`n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Repeats along a new axis."""
        return ops.repeat(ops.expand_dims(inputs, axis=1), self.n, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape with a new axis of length n."""
        return (input_shape[0], self.n, input_shape[1])
