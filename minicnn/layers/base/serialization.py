"""Layers as plain dicts and back."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """The layer as a dict that `deserialize` reads; without its weights.

    >>> import minicnn as keras
    >>> config = serialize(keras.layers.Dense(3))
    >>> config["class_name"], deserialize(config).units
    ('Dense', 3)
    """
    from minicnn.serialization import serialization_lib

    return serialization_lib.serialize_keras_object(layer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
    """A layer like the one that `serialize` described, with new weights.

    Raises:
        ValueError: a config of something else than a layer.
    """
    from minicnn.serialization import serialization_lib

    layer = serialization_lib.deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(
            f"`layers.deserialize` takes the config of a layer, but made a {type(layer).__name__} "
            f"of what it got. Received: config={config}"
        )
    return layer
