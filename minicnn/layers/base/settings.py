"""Settings of layers that are objects: initializers, regularizers, constraints, activations.

They come as a name, an object or a function, are kept as objects, and go into the config as
names or small dicts. Which of the four an argument is, the last word of its name says.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from minicnn.common.python_utils import arguments_of

_MODULES = {
    "initializer": "minicnn.initializers",
    "regularizer": "minicnn.regularizers",
    "constraint": "minicnn.constraints",
    "activation": "minicnn.activations",
}

OF_EVERY_LAYER = ("activity_regularizer", "trainable", "dtype", "autocast", "name")
"""What `Layer` itself takes."""


def _module_of(name: str) -> Any:
    """The module that makes and writes the setting of that name, or None for plain values."""
    module = _MODULES.get(name.rpartition("_")[2])
    return None if module is None else importlib.import_module(module)


def settings_of(constructor: Any, *more: str, without: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of a constructor's own arguments, for a layer's `settings`; and `more` of them.

    What every layer takes (a name, a type, ...) is written into the config by `Layer`.

    >>> def __init__(self, units, activation=None, name=None, **kwargs): ...
    >>> settings_of(__init__)
    ('units', 'activation')
    """
    return *arguments_of(constructor, without=(*OF_EVERY_LAYER, *without)), *more


def keep_settings(layer: Any, arguments: dict[str, Any]) -> None:
    """Sets an attribute for each setting, made into an object where its name says so.

    Args:
        layer: the layer, whose class has `settings`.
        arguments: what its constructor was given: its `locals()`. What else is in it is left out.
    """
    for name in layer.settings:
        if name in arguments:
            module, value = _module_of(name), arguments[name]
            setattr(layer, name, value if module is None else module.get(value))


def settings_config(layer: Any, *names: str) -> dict[str, Any]:
    """The settings of these names as they are written into a config."""
    config = {}
    for name in names:
        module, value = _module_of(name), getattr(layer, name)
        config[name] = value if module is None else module.serialize(value)
    return config


def add_weight_with_settings(layer: Any, name: str, shape: Any, kind: str = "", **more: Any) -> Any:
    """A weight with the layer's `<kind>_initializer`, `<kind>_regularizer`, `<kind>_constraint`.

    `kind` is `name` if not given. A setting that the layer does not have stays out; `more` goes
    before the layer's.
    """
    kind = kind or name
    settings = {
        setting: getattr(layer, f"{kind}_{setting}", None)
        for setting in ("initializer", "regularizer", "constraint")
    }
    return layer.add_weight(name=name, shape=shape, **{**settings, **more})
