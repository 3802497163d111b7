"""Keras's name for `serialization`, `deserialization` and their `scopes`."""

from minicnn.saving.deserialization import deserialize_keras_object, refuse_lambda
from minicnn.saving.scopes import (
    ObjectSharingScope,
    SafeModeScope,
    enable_unsafe_deserialization,
    in_safe_mode,
)
from minicnn.saving.serialization import SerializableDict, serialize_dict, serialize_keras_object

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
