"""Base of the layers that contain another layer."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.layer import Layer


class Wrapper(Layer):
    """Base of layers that contain another layer and change what it computes.

    Args:
        layer: the layer inside.
    """

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. "
                "Please ensure wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The wrapper's arguments, and the layer inside."""
        from minicnn.serialization import serialization_lib

        return {
            **super().get_config(),
            "layer": serialization_lib.serialize_keras_object(self.layer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
        """Makes the wrapper and the layer inside again."""
        from minicnn.serialization import serialization_lib

        config = dict(config)
        layer = serialization_lib.deserialize_keras_object(
            config.pop("layer"), custom_objects=custom_objects
        )
        return cls(layer, **config)
