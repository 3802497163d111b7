"""Objects as data that `json` can write, in Keras 3's format.

    {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10, ...},
     "registered_name": None, "build_config": {...}, "compile_config": {...}}

`config` is what `get_config` returned, `registered_name` the "package>name" of a class of the
user's own.
"""

from __future__ import annotations

import types
import warnings
from typing import Any

import numpy as np

from minicnn.common import dtypes
from minicnn.serialization import object_registration, public_names
from minicnn.serialization.shared_objects import mark_if_shared


class SerializableDict:
    """A dict of settings whose values `serialize` serializes."""

    def __init__(self, **config: Any):
        self.config = config

    def serialize(self) -> dict[str, Any]:
        """The settings, each one serialized."""
        return serialize_keras_object(self.config)


def serialize_keras_object(obj: Any) -> Any:
    """An object as data that `json` can write and `deserialize_keras_object` can read.

    Layers, losses, ... become the dict described above; numbers, strings, lists and dicts remain;
    arrays, tensors, slices and bytes have formats of their own.
    """
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return serialize_dict(obj)
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.dtype):
        return dtypes.standardize_dtype(obj)
    special = _serialize_special(obj)
    return _serialize_object(obj) if special is None else special


def serialize_dict(obj: dict[str, Any]) -> dict[str, Any]:
    """A dict with its values serialized."""
    return {key: serialize_keras_object(value) for key, value in obj.items()}


def _serialize_special(obj: Any) -> Any:
    """The formats of values without a config; None for objects with a config."""
    from minicnn.autodiff import Tensor
    from minicnn.ops.symbolic.keras_tensor import KerasTensor

    if isinstance(obj, bytes):
        return _special("__bytes__", value=obj.decode("utf-8"))
    if isinstance(obj, slice):
        parts = {part: getattr(obj, part) for part in ("start", "stop", "step")}
        return _special("__slice__", **serialize_dict(parts))
    if obj is Ellipsis:
        return _special("__ellipsis__")
    if isinstance(obj, KerasTensor):
        history = getattr(obj, "_keras_history", None)
        if history:
            history = [history[0].name, *history[1:]]
        return _special("__keras_tensor__", shape=obj.shape, dtype=obj.dtype, keras_history=history)
    if isinstance(obj, Tensor) or (isinstance(obj, np.ndarray) and obj.ndim):
        kind = "__tensor__" if isinstance(obj, Tensor) else "__numpy__"
        dtype = dtypes.standardize_dtype(obj.dtype)
        return _special(kind, value=np.asarray(obj).tolist(), dtype=dtype)
    if isinstance(obj, np.ndarray):
        return obj.item()
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        return _serialize_lambda(obj)
    return None


def _special(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _serialize_lambda(function: types.FunctionType) -> dict[str, Any]:
    from minicnn.common.python_utils import func_dump

    warnings.warn(
        "The object being serialized includes a `lambda`. Code in a file is never run, so the "
        "file will not load again here. Use a named function, decorated with "
        "`@keras.saving.register_keras_serializable()`, instead of the lambda at "
        f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}.",
        stacklevel=2,
    )
    return _special("__lambda__", value=func_dump(function))


def _serialize_object(obj: Any) -> dict[str, Any]:
    is_function = isinstance(obj, types.FunctionType)
    known = None if is_function else public_names.keras_name(type(obj))
    if known:
        module, class_name = known
        # Keras says "no registered name" of its public classes only.
        registered_name = class_name if module.startswith("keras.src.") else None
    elif is_function:
        # All functions, the library's and the user's, carry their name only.
        module, class_name, registered_name = "builtins", "function", "function"
    else:
        module, class_name = type(obj).__module__, type(obj).__name__
        registered_name = object_registration.get_registered_name(type(obj))
    config = {
        "module": module,
        "class_name": class_name,
        "config": _config_of(obj),
        "registered_name": registered_name,
    }
    for key, method in (
        ("build_config", "get_build_config"),
        ("compile_config", "get_compile_config"),
    ):
        extra = getattr(obj, method)() if hasattr(obj, method) else None
        if extra is not None:
            config[key] = serialize_dict(extra)
    if config["module"] == "__main__":
        config["module"] = None  # the file is read by another program
    mark_if_shared(obj, config)
    return config


def _config_of(obj: Any) -> Any:
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        config = obj.get_config()
        if isinstance(config, dict):
            return serialize_dict(config)
        raise TypeError(
            f"The `get_config()` method of {obj} should return a dict. It returned: {config}"
        )
    if hasattr(obj, "__name__"):
        return object_registration.get_registered_name(obj)
    raise TypeError(
        f"Cannot serialize object {obj} of type {type(obj)}. To be serializable, a class must "
        "implement the `get_config()` method."
    )
