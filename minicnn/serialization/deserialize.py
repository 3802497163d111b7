"""`deserialize_keras_object`: makes objects from plain data, the inverse of `serialize.py`.

Only known classes are made: those in the tables of `public_names`, and the user's own that were
registered or passed. Nothing is imported by name, and no code that came with a file is run.
"""

from __future__ import annotations

import types
from typing import Any, NoReturn

import numpy as np

from minicnn.common import dtypes
from minicnn.common.errors import UNFIT, ConfigError
from minicnn.common.keras_names import kind_in_keras, nearest
from minicnn.common.suggest import did_you_mean, shown
from minicnn.serialization import object_registration, public_names
from minicnn.serialization.object_registration import CustomObjectScope
from minicnn.serialization.shared_objects import (
    SafeModeScope,
    in_safe_mode,
    remember_shared_object,
    shared_object,
)


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    module_objects: dict[str, Any] | None = None,
) -> Any:
    """Makes the object that a config describes.

    Args:
        config: the result of `serialize_keras_object`, also if written to JSON and read back.
        custom_objects: classes and functions of the user's own, by the names in the file.
        safe_mode: accepted for Keras's programs; code in files is refused in either mode.
        module_objects: if given, `config` is a name or names a class in this dict; a name that is
            not in it is returned as it is.

    Raises:
        TypeError: for an unknown class or function, or a config that is not one.
        ValueError: for a lambda in the config.
    """
    if in_safe_mode() is not None:
        safe_mode = in_safe_mode()
    custom_objects = {
        **(custom_objects or {}),
        **object_registration.objects_in_scope(),
        **object_registration.GLOBAL_CUSTOM_OBJECTS,
    }
    reader = _Reader(custom_objects, safe_mode)
    try:
        if module_objects is not None and not isinstance(config, (list, tuple, type(None))):
            return reader.read_named(config, module_objects)
        return reader.read(config)
    except RecursionError as error:
        raise ValueError(f"The config is nested too deep: {shown(config, 200)}") from error


def refuse_lambda(what: str = "a Python lambda") -> NoReturn:
    """Raises the error for a file that contains code."""
    raise ValueError(
        f"Requested the deserialization of {what}. Its code is in the file, and running it would "
        "allow arbitrary code execution, so that minicnn never does it, with `safe_mode=False` "
        "neither. Rebuild the model in Python with a named function, decorated with "
        "`@keras.saving.register_keras_serializable()`, load the weights with "
        "`model.load_weights(...)`, and save it again."
    )


class _Reader:
    """Reads configs that may refer to the user's objects."""

    def __init__(self, custom_objects: dict[str, Any], safe_mode: bool):
        self.custom_objects = custom_objects
        self.safe_mode = safe_mode

    def read(self, config: Any) -> Any:
        """Makes the value of any result of `serialize_keras_object`."""
        if isinstance(config, str) and config in self.custom_objects:
            return self.custom_objects[config]
        if config is None or isinstance(config, (str, int, float, bool)):
            return config
        if isinstance(config, (list, tuple)):
            return [self.read(item) for item in config]
        if not isinstance(config, dict):
            raise TypeError(f"Could not parse config: {shown(config)}")
        if "class_name" not in config or "config" not in config:
            return {key: self.read(value) for key, value in config.items()}
        _check_form(config)
        if config["class_name"] in _SPECIAL:
            return self._read_special(config)
        if config["class_name"] == "function":
            return self._find_function(config)
        return self._make_shared(config)

    def _read_special(self, config: dict[str, Any]) -> Any:
        try:
            return _SPECIAL[config["class_name"]](self, config["config"] or {})
        except (LookupError, AttributeError, TypeError, ArithmeticError) as error:
            raise ConfigError(
                f"Could not read a value of the kind {config['class_name']}: "
                f"{type(error).__name__}: {error}. Received: {shown(config)}"
            ) from error

    def read_named(self, config: Any, module_objects: dict[str, Any]) -> Any:
        """The function of this name in `module_objects`, or an object of the class of this name."""
        if isinstance(config, str) and config in self.custom_objects:
            return self.custom_objects[config]
        name = config
        if isinstance(config, dict):
            if "class_name" not in config:
                raise ValueError(
                    f"Unknown `config` as a `dict`: it has no 'class_name'. Received: "
                    f"{shown(config)}"
                )
            _check_form(config)
            if self._is_custom(config):
                return self.read({"config": None, **config})
            name = _name_in_module(config)
        found = module_objects.get(name) if isinstance(name, str) else None
        if found is None and isinstance(config, dict) and self._is_public(config):
            return self.read(config)  # an activation may be a layer
        if found is None and isinstance(config, dict) and config["class_name"] == "function":
            raise _not_found("function", name, config, [*module_objects, *self.custom_objects])
        if found is None:
            return name
        if isinstance(found, types.FunctionType):
            return found
        return self._make(found, config if isinstance(config, dict) else {"class_name": name})

    def _is_custom(self, config: dict[str, Any]) -> bool:
        names = (config["class_name"], config.get("registered_name"), config.get("config"))
        return any(isinstance(name, str) and name in self.custom_objects for name in names)

    def _is_public(self, config: dict[str, Any]) -> bool:
        return public_names.find_class(config.get("module") or "", config["class_name"]) is not None

    def _find_function(self, config: dict[str, Any]) -> Any:
        name = config["config"]
        if not isinstance(name, str):
            raise TypeError(
                "Expected 'config' to be a non-null str for a function, the function's name. "
                f"Received: {shown(name)} (of type {type(name)}) in {shown(config)}"
            )
        found = object_registration.get_registered_object(name, self.custom_objects)
        if found is not None:
            return found
        module = config.get("module") or ""
        found = public_names.find_function(name) if _is_of_keras(module) else None
        if found is not None:
            _check_registered_name(config, (name, "function"))
            return found
        # Keras up to 3.6 wrote the name of a registered function without its package.
        for custom_name, custom_object in self.custom_objects.items():
            if custom_name.endswith(f">{name}"):
                return custom_object
        raise _not_found("function", name, config, [*self.custom_objects])

    def _find_class(self, config: dict[str, Any]) -> Any:
        name = config["class_name"]
        registered_name = config.get("registered_name", name)
        found = object_registration.get_registered_object(registered_name, self.custom_objects)
        if found is not None:
            return found
        module = config.get("module") or ""
        found = public_names.find_class(module, name) if _is_of_keras(module) else None
        if found is None:
            known = [*self.custom_objects, *public_names.all_names()]
            raise _not_found("class", name, config, known)
        _check_registered_name(config, (name,))
        return found

    def _make_shared(self, config: dict[str, Any]) -> Any:
        if not isinstance(config["config"], (dict, type(None))):
            raise TypeError(
                f"Expected 'config' to be a dict for {config['class_name']}. Received: "
                f"{shown(config['config'])} (of type {type(config['config'])})"
            )
        instance = shared_object(config)
        if instance is None:
            instance = self._make(self._find_class(config), config)
            remember_shared_object(instance, config)
        return instance

    def _make(self, cls: Any, config: dict[str, Any]) -> Any:
        if isinstance(cls, types.FunctionType):
            return cls
        if not hasattr(cls, "from_config"):
            raise ConfigError(
                f"Unable to reconstruct an instance of '{config['class_name']}': the class has no "
                f"`from_config()` method. Received: {shown(config)}"
            )
        with CustomObjectScope(self.custom_objects), SafeModeScope(self.safe_mode):
            try:
                return self._make_and_build(cls, config)
            except ConfigError:
                raise  # the error names the part already
            except TypeError as error:
                raise ConfigError(
                    f"{cls} could not be deserialized properly: {error}\nMake sure that objects "
                    "such as layers that `get_config()` returns are explicitly deserialized in "
                    "`from_config()`, by `keras.saving.deserialize_keras_object`. "
                    f"Received: config={shown(config)}"
                ) from error
            except UNFIT as error:
                raise ValueError(
                    f"The config does not describe a {cls.__name__} that can be made: "
                    f"{type(error).__name__}: {error}. Received: config={shown(config)}"
                ) from error

    def _make_and_build(self, cls: Any, config: dict[str, Any]) -> Any:
        settings = _settings(config)
        for name in getattr(cls, "serialized_settings", ()):
            settings[name] = self.read(settings[name])
        instance = cls.from_config(settings)
        if config.get("build_config") and not instance.built:
            instance.build_from_config(config["build_config"])
            instance.built = True
        elif config.get("build_config") and hasattr(instance, "_keep_build_config"):
            instance._keep_build_config(config["build_config"])
        if config.get("compile_config"):
            instance.compile_from_config(config["compile_config"])
            instance.compiled = True
        return instance

    def slice(self, config: dict[str, Any]) -> slice:
        """Makes a slice, whose ends may be arrays."""
        return slice(*(self.read(config[part]) for part in ("start", "stop", "step")))

    def keras_tensor(self, config: dict[str, Any]) -> Any:
        """Makes a symbolic tensor, with its position in the graph."""
        from minicnn.ops.symbolic.keras_tensor import KerasTensor

        tensor = KerasTensor(config["shape"], dtype=config["dtype"])
        if config["keras_history"]:  # [name of the layer, which call, which output]
            tensor._keras_history = config["keras_history"]
        return tensor

    def tensor(self, config: dict[str, Any]) -> Any:
        """Makes a tensor with its values."""
        from minicnn.autodiff import Tensor

        return Tensor(self.array(config))

    def array(self, config: dict[str, Any]) -> np.ndarray:
        """Makes an array with its values."""
        return np.array(config["value"], dtype=dtypes.numpy_dtype(config["dtype"]))


_SPECIAL = {
    "__bytes__": lambda reader, config: config["value"].encode("utf-8"),
    "__ellipsis__": lambda reader, config: Ellipsis,
    "__keras_tensor__": _Reader.keras_tensor,
    "__lambda__": lambda reader, config: refuse_lambda(),
    "__numpy__": _Reader.array,
    "__slice__": _Reader.slice,
    "__tensor__": _Reader.tensor,
}


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """The inner config, a copy, without what Keras writes for features that are out of scope."""
    settings = dict(config.get("config") or {})
    if settings.pop("quantization_config", None) is not None:
        raise ValueError(
            f"{config['class_name']} '{settings.get('name')}' is quantized, and minicnn has no "
            "quantization. Save the model before it is quantized."
        )
    return settings


def _check_form(config: dict[str, Any]) -> None:
    """Raises unless the names in a config are strings."""
    if not isinstance(config["class_name"], str):
        raise TypeError(f"Expected 'class_name' to be a name. Received: {shown(config)}")
    for key in ("module", "registered_name"):
        if not isinstance(config.get(key), (str, type(None))):
            raise TypeError(f"Expected {key!r} to be a name or None. Received: {shown(config)}")
    if not isinstance(config.get("shared_object_id"), (int, str, type(None))):
        raise TypeError(
            f"Expected 'shared_object_id' to be a whole number. Received: {shown(config)}"
        )


def _is_of_keras(module: str) -> bool:
    return module == "builtins" or module.partition(".")[0] == "keras"


def _name_in_module(config: dict[str, Any]) -> str:
    if config["class_name"] == "function":
        return config.get("config" if config.get("module") == "builtins" else "registered_name")
    if config.get("module", "keras") is None:
        raise TypeError(
            f"Cannot deserialize object of type `{config['class_name']}`. If it is a class of "
            "your own, decorate it with `@keras.saving.register_keras_serializable()`, or pass it "
            "in `custom_objects`."
        )
    return config["class_name"]


def _check_registered_name(config: dict[str, Any], allowed: tuple[str, ...]) -> None:
    registered_name = config.get("registered_name")
    if registered_name and registered_name not in allowed:
        raise ValueError(
            f"The config has registered_name={registered_name!r}, but {allowed[0]!r} resolved to a "
            f"Keras built-in, which has none. Remove it from the config. "
            f"Received: {shown(config)}"
        )


def _kind_only_in_keras(module: str | None, name: Any) -> str | None:
    """What a name is in Keras ("layer", "loss", "class") if minicnn does not have it, or None."""
    if not isinstance(name, str) or public_names.modules_of(name):
        return None
    return kind_in_keras(module, name) if not module or _is_of_keras(module) else None


def _not_found(what: str, name: Any, config: dict[str, Any], known: list[str]) -> ConfigError:
    given_module = config.get("module")
    kind = _kind_only_in_keras(given_module, name) if what == "class" else None
    hint = nearest(name, given_module, public_names.names_in(given_module)) if kind else ""
    name, module = shown(name, 200).strip("'"), shown(given_module, 200).strip("'")
    of_keras = f" in `{module}`" if given_module and _is_of_keras(module) else ""
    if kind:
        return ConfigError(
            f"{name}{of_keras} is a {kind} of Keras that minicnn does not have. Open the file with "
            f"Keras; or write a class of that name with the same `get_config`, weights and "
            f"`call`, and pass it in `custom_objects={{'{name}': {name}}}`."
            f"{hint.replace(' keras.', ' minicnn.')}"
        )
    elsewhere = public_names.modules_of(name) if what == "class" else []
    hint = did_you_mean(name, known)
    if elsewhere:
        hint = f" Keras's is in `{elsewhere[0]}`: the config's 'module' is {module}."
    return ConfigError(
        f"Could not locate {what} '{name}'{of_keras}.{hint} If it is your "
        "own, decorate it with `@keras.saving.register_keras_serializable()` and import the file "
        f"it is in before loading, or pass `custom_objects={{'{name}': {name}}}`. "
        f"Full object config: {shown(config)}"
    )
