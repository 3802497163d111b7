"""The layer that applies other layers one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn import tree
from minicnn.layers.base.call_arguments import call_signature
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.masks import mask_of
from minicnn.serialization import serialization_lib


class Pipeline(Layer):
    """Applies layers one after another, also to a dict of images and labels.

    Args:
        layers: the layers.

    Example:
        >>> import minicnn as keras
        >>> steps = [keras.layers.RandomFlip(), keras.layers.CenterCrop(2, 2)]
        >>> keras.layers.Pipeline(steps)(keras.ops.ones((1, 4, 4, 3))).shape
        (1, 2, 2, 3)
    """

    def __init__(self, layers: Sequence[Any], name: str | None = None):
        super().__init__(name=name)
        self._pipeline_layers = list(layers)
        self._allow_non_tensor_positional_args = True

    @property
    def layers(self) -> list[Any]:
        """The layers."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        """Applies the layers; each gets the mask that arrives with its inputs."""
        for layer in self._pipeline_layers:
            takes_mask = mask is not None and "mask" in call_signature(layer).names
            inputs = layer(inputs, mask=mask) if takes_mask else layer(inputs)
            mask = tree.map_structure(mask_of, inputs)
        return inputs

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pipeline:
        """Makes the layer again, and the layers in it."""
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ValueError(
                "`Pipeline` config must contain a `layers` key mapping to a list of serialized "
                f"layers. Received config with layers={layers}."
            )
        made = [serialization_lib.deserialize_keras_object(layer) for layer in layers]
        return cls(**{**config, "layers": made})

    def get_config(self) -> dict[str, Any]:
        """The layers and the name."""
        layers = serialization_lib.serialize_keras_object(self._pipeline_layers)
        return {"layers": layers, "name": self.name}
