"""Keras's name for `serialization`, `deserialization` and their `scopes`."""

from minicnn.serialization.deserialize import deserialize_keras_object, refuse_lambda
from minicnn.serialization.serialize import SerializableDict, serialize_dict, serialize_keras_object
from minicnn.serialization.shared_objects import (
    ObjectSharingScope,
    SafeModeScope,
    enable_unsafe_deserialization,
    in_safe_mode,
)

__all__ = [
    "ObjectSharingScope",
    "SafeModeScope",
    "SerializableDict",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "in_safe_mode",
    "refuse_lambda",
    "serialize_dict",
    "serialize_keras_object",
]
