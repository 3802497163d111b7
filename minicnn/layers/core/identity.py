"""The layer that returns its input."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.layers.base.layer import Layer
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class Identity(Layer):
    """Returns its input: `y = x`.

    It stands where a layer is wanted that does nothing.

    Backward: `x̄ = ȳ`


    >>> import minicnn as keras
    >>> keras.layers.Identity()(keras.ops.ones(2))
    Tensor([1., 1.], dtype=float32)
    """

    settings = ()

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        """The input's outline."""
        return tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype), inputs)
