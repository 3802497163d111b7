"""Saving and loading: models and weights in files, and names for the user's own classes."""

from minicnn.common import keras_names
from minicnn.saving.file_editor import KerasFileEditor
from minicnn.saving.saving_api import load_model, load_weights, save_model, save_weights
from minicnn.serialization.object_registration import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from minicnn.serialization.serialization_lib import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

__getattr__ = keras_names.missing_in(__name__)
