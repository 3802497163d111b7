"""The classes that a file means by names such as `keras.layers` and `Conv2D`, and back.

Files carry Keras's module names, so that Keras opens them. The tables below are all that loading
a file can reach: the classes in these modules of minicnn, and the user's registered ones. Nothing
is imported because a file names it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import Any

# Keras writes "keras" for these, wherever else they are public.
_TOP_LEVEL = (
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Initializer",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
)

# (module of minicnn, what Keras calls it). Where a class is public twice, the first one counts.
_MODULES = (
    ("minicnn.layers", "keras.layers"),
    ("minicnn.layers.applications.convnext", "keras.src.applications.convnext"),
    (
        "minicnn.layers.applications.inception_resnet_v2",
        "keras.src.applications.inception_resnet_v2",
    ),
    ("minicnn.losses", "keras.losses"),
    ("minicnn.metrics", "keras.metrics"),
    ("minicnn.optimizers", "keras.optimizers"),
    ("minicnn.optimizers.schedules", "keras.optimizers.schedules"),
    ("minicnn.initializers", "keras.initializers"),
    ("minicnn.regularizers", "keras.regularizers"),
    ("minicnn.constraints", "keras.constraints"),
    ("minicnn.dtype_policies", "keras.dtype_policies"),
    ("minicnn.random", "keras.random"),
    ("minicnn.ops.numpy", "keras.src.ops.numpy"),
    ("minicnn.ops.nn", "keras.src.ops.nn"),
    ("minicnn.ops.core", "keras.src.ops.core"),
    ("minicnn.ops.math", "keras.src.ops.math"),
    ("minicnn.ops.linalg", "keras.src.ops.linalg"),
    ("minicnn.ops.image", "keras.src.ops.image"),
)

# Modules whose functions a file may name without a module ("relu"), and the names in them that are
# not such functions.
_FUNCTION_MODULES = (
    "minicnn.activations",
    "minicnn.losses",
    "minicnn.metrics",
    "minicnn.initializers",
    "minicnn.regularizers",
    "minicnn.constraints",
    "minicnn.optimizers",
)
_TOOLS = ("deserialize", "get", "serialize")


@functools.cache
def _classes() -> dict[tuple[str, str], type]:
    """(Keras's module, name) -> class, for everything that a file may name."""
    minicnn = importlib.import_module("minicnn")
    classes = {("keras", name): getattr(minicnn, name) for name in _TOP_LEVEL}
    classes |= {("keras.models", name): getattr(minicnn, name) for name in ("Model", "Sequential")}
    classes["keras.src.models.functional", "Functional"] = minicnn.Functional
    for module_name, keras_module in _MODULES:
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", dir(module)):
            member = getattr(module, name)
            if inspect.isclass(member) and _is_ours(member) and not name.startswith("_"):
                classes[keras_module, name] = member
    return classes


def _is_ours(member: Any) -> bool:
    return member.__module__.partition(".")[0] == "minicnn"


@functools.cache
def _names() -> dict[type, tuple[str, str]]:
    """Class -> (Keras's module, name), the class's own name before its aliases."""
    names: dict[type, tuple[str, str]] = {}
    by_own_name_first = sorted(
        _classes().items(), key=lambda entry: entry[0][1] != entry[1].__name__
    )
    for keras_name, cls in by_own_name_first:
        names.setdefault(cls, keras_name)
    return names


def keras_name(cls: type) -> tuple[str, str] | None:
    """(Keras's module, name) of a class of minicnn; None for the user's own classes."""
    return _names().get(cls) if _is_ours(cls) else None


def find_class(module: str, name: str) -> type | None:
    """The class that a file names, or None."""
    found = _classes().get((module, name))
    if found is not None or not module.startswith("keras.src."):
        return found
    # Keras's inner modules change from version to version; the names of classes do not.
    inner = {cls for (_, other_name), cls in _classes().items() if other_name == name}
    return inner.pop() if len(inner) == 1 else None


def names_in(module: str | None) -> list[str]:
    """The classes that a file may name in this module of Keras."""
    return sorted(name for other, name in _classes() if other == module)


def modules_of(name: str) -> list[str]:
    """Keras's names of the public modules that have a class of this name."""
    return sorted(m for m, other in _classes() if other == name and ".src." not in m)


def find_function(name: str) -> Any:
    """The public function that a file names, such as "relu", or None."""
    if name.startswith("_") or name in _TOOLS:
        return None
    for module in _FUNCTION_MODULES:
        member = getattr(importlib.import_module(module), name, None)
        if inspect.isfunction(member) and _is_ours(member):
            return member
    return None


def all_names() -> list[str]:
    """Names of all classes that a file may name, to suggest a similar one."""
    return sorted({name for _, name in _classes()})
