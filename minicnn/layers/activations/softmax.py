"""Softmax as a layer."""

from __future__ import annotations

from typing import Any

from minicnn import activations, ops
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class Softmax(Layer):
    """Turns scores into probabilities: positive numbers whose sum along an axis is 1.

    The larger a score, the larger its share. Elements where the mask is False get (almost) 0.

    `y[i] = exp(x[i]) / Σ_j exp(x[j])`

    Backward: `x̄[i] = y[i] · (ȳ[i] − Σ_j ȳ[j] · y[j])`

    Args:
        axis: the axis, or a list of axes, along which the result sums to 1.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Softmax()(keras.ops.array([1.0, 1.0]))
        Tensor([0.5, 0.5], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Applies the function."""
        if mask is None:
            return activations.softmax(inputs, axis=self.axis)
        self._check_mask(inputs.shape, mask.shape)
        kept = mask if str(mask.dtype) == "bool" else mask > 0.5
        lowest = -3e4 if str(inputs.dtype) == "float16" else -1e9
        return ops.where(kept, activations.softmax(ops.where(kept, inputs, lowest), self.axis), 0.0)

    def _check_mask(self, shape: tuple, mask_shape: tuple) -> None:
        if len(mask_shape) > len(shape):
            raise ValueError(
                f"The mask of layer '{self.name}' must not have more dimensions than the inputs. "
                f"Received a mask of shape {mask_shape} for inputs of shape {shape}."
            )
        pairs = zip(reversed(mask_shape), reversed(shape), strict=False)
        if any(m not in (1, n, None) and n is not None for m, n in pairs):
            raise ValueError(
                f"The mask of layer '{self.name}' must be broadcastable to the inputs. "
                f"Received a mask of shape {mask_shape} for inputs of shape {shape}."
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
