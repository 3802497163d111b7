"""The layer that masks steps of a sequence, which later layers then ignore."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class Masking(Layer):
    """Marks the steps of `(batch, steps, features)` whose features all equal a value.

    Layers behind it leave these steps out; here they become zeros.

    `y[n, t] = x[n, t] · m[n, t]`, where m is 0 if all features of the step equal the value, else 1.

    Backward: `x̄[n, t] = ȳ[n, t] · m[n, t]`

    Args:
        mask_value: the value that means a missing step.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Masking()(keras.ops.array([[[1.0], [0.0]]]))._keras_mask
        Tensor([[ True, False]], dtype=bool)
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    settings = settings_of(__init__)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where some feature differs from the value."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """The input, with zeros in the masked steps."""
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        outputs = inputs * ops.cast(kept, inputs.dtype)
        outputs._keras_mask = ops.squeeze(kept, axis=-1)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
