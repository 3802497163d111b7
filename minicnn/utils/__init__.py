"""`minicnn.utils`: Keras's utilities. A name is imported when it is first used."""

from __future__ import annotations

import importlib
from typing import Any

from minicnn.common import keras_names

_HOME = {
    "CustomObjectScope": "minicnn.serialization.object_registration.CustomObjectScope",
    "Progbar": "minicnn.utils.progbar.Progbar",
    "PyDataset": "minicnn.trainers.data_adapters.py_dataset.PyDataset",
    "Sequence": "minicnn.trainers.data_adapters.py_dataset.PyDataset",
    "array_to_img": "minicnn.preprocessing.image.array_to_img",
    "clear_session": "minicnn.common.session.clear_session",
    "custom_object_scope": "minicnn.serialization.object_registration.CustomObjectScope",
    "deserialize_keras_object": "minicnn.serialization.serialization_lib.deserialize_keras_object",
    "disable_interactive_logging": "minicnn.config.disable_interactive_logging",
    "enable_interactive_logging": "minicnn.config.enable_interactive_logging",
    "get_custom_objects": "minicnn.serialization.object_registration.get_custom_objects",
    "get_file": "minicnn.utils.file_utils.get_file",
    "get_registered_name": "minicnn.serialization.object_registration.get_registered_name",
    "get_registered_object": "minicnn.serialization.object_registration.get_registered_object",
    "get_source_inputs": "minicnn.utils.source_inputs.get_source_inputs",
    "image_dataset_from_directory": "minicnn.data.image_folder.image_dataset_from_directory",
    "img_to_array": "minicnn.preprocessing.image.img_to_array",
    "is_interactive_logging_enabled": "minicnn.config.is_interactive_logging_enabled",
    "is_keras_tensor": "minicnn.ops.symbolic.keras_tensor.is_keras_tensor",
    "load_img": "minicnn.preprocessing.image.load_img",
    "model_to_dot": "minicnn.utils.model_visualization.model_to_dot",
    "normalize": "minicnn.utils.numerical_utils.normalize",
    "pack_x_y_sample_weight": (
        "minicnn.trainers.data_adapters.data_adapter_utils.pack_x_y_sample_weight"
    ),
    "pad_sequences": "minicnn.preprocessing.sequence.pad_sequences",
    "plot_model": "minicnn.utils.model_visualization.plot_model",
    "register_keras_serializable": (
        "minicnn.serialization.object_registration.register_keras_serializable"
    ),
    "save_img": "minicnn.preprocessing.image.save_img",
    "serialize_keras_object": "minicnn.serialization.serialization_lib.serialize_keras_object",
    "set_random_seed": "minicnn.utils.rng_utils.set_random_seed",
    "split_dataset": "minicnn.data.splitting.split_dataset",
    "standardize_dtype": "minicnn.common.dtypes.standardize_dtype",
    "timeseries_dataset_from_array": "minicnn.data.time_series.timeseries_dataset_from_array",
    "to_categorical": "minicnn.utils.numerical_utils.to_categorical",
    "unpack_x_y_sample_weight": (
        "minicnn.trainers.data_adapters.data_adapter_utils.unpack_x_y_sample_weight"
    ),
}
_MODULES = (
    "file_utils",
    "model_visualization",
    "numerical_utils",
    "progbar",
    "rng_utils",
)

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        module, _, attribute = _HOME[name].rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    if name in _MODULES:
        return importlib.import_module(f"minicnn.utils.{name}")
    return keras_names.missing_in(__name__)(name)


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
