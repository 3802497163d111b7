"""The layer that scales and shifts data."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common import configuration
from minicnn.layers.base.layer import Layer
from minicnn.serialization import serialization_lib


class Rescaling(Layer):
    """Multiplies and shifts all elements: `y = x · scale + offset`.

    It brings for instance pixels from 0 to 255 into the range from 0 to 1.

    Backward: `x̄ = ȳ · scale`

    Args:
        scale: one factor, or one for each channel.
        offset: one number to add, or one for each channel.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Rescaling(1 / 255)(keras.ops.array([0, 255]))
        Tensor([0., 1.], dtype=float32)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Multiplies and adds."""
        scale = ops.cast(self.scale, self.compute_dtype)
        offset = ops.cast(self.offset, self.compute_dtype)
        if configuration.image_data_format() == "channels_first":
            scale, offset = _beside_channels(scale), _beside_channels(offset)
        return ops.cast(inputs, self.compute_dtype) * scale + offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments; arrays as data that can be written into a file."""
        numbers = {"scale": self.scale, "offset": self.offset}
        return {**super().get_config(), **serialization_lib.serialize_keras_object(numbers)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Makes the layer again."""
        numbers = {name: config[name] for name in ("scale", "offset") if name in config}
        return cls(**{**config, **serialization_lib.deserialize_keras_object(numbers)})


def _beside_channels(numbers: Any) -> Any:
    """One number for each channel, shaped for `(batch, channels, height, width)`."""
    return ops.reshape(numbers, (-1, 1, 1)) if len(numbers.shape) == 1 else numbers
