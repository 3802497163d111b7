"""The table of TensorFlow's names: `named` and `rows` put functions into it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from minicnn.as_keras.tensorflow.shapes import static

NAMES: dict[str, Any] = {}
"""What stands for each name below `tf`, such as "math.reduce_sum"."""

_SETTINGS = frozenset(
    "axis axes newshape shape repeats num_classes k shift num shape strides dtype".split()
)
"""Keras's names of arguments that are numbers and shapes, where TensorFlow takes tensors too."""


def named(names: str) -> Callable[[Callable], Callable]:
    """Decorator: the function stands for these names. It is also given TensorFlow's `name`."""

    def register(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, name: Any = None, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        NAMES.update(dict.fromkeys(names.split(), call))
        return function

    return register


def rows(module: Any, places: str, parameters: str, entries: str, keep_type: bool = False) -> None:
    """Puts functions into the table that differ from those of `module` in names only.

    Args:
        module: where minicnn has them.
        places: modules of TensorFlow that have them; "tf" is the top.
        parameters: TensorFlow's, in its order, such as "input_tensor>x axis=-1 -layout": after `>`
            Keras's name, after `=` the default where it is not Keras's; `-` marks one that has no
            effect.
        entries: TensorFlow's names, `name=other` where Keras's is another.
        keep_type: whether the result has the type of the first argument, as sums have in
            TensorFlow.
    """
    parsed = [_parameter(text) for text in parameters.split()]
    for entry in entries.split():
        name, _, other = entry.partition("=")
        function = getattr(module, other or name)
        call = _renamed(name, function, parsed, keep_type)
        for place in places.split():
            NAMES[name if place == "tf" else f"{place}.{name}"] = call


def _parameter(text: str) -> tuple[str, str | None, Any]:
    """TensorFlow's name, Keras's (None if it has no effect), and the default or `empty`."""
    names, _, default = text.lstrip("-").partition("=")
    name, _, other = names.partition(">")
    value = _DEFAULTS[default] if default in _DEFAULTS else int(default)
    return name, None if text[0] == "-" else other or name, value


_DEFAULTS = {"": inspect.Parameter.empty, "None": None, "False": False, "int64": "int64"}


def _renamed(name: str, function: Callable, parameters: list, keep_type: bool) -> Callable:
    order = [tf_name for tf_name, _, _ in parameters]
    keras_names = {tf_name: other for tf_name, other, _ in parameters}
    defaults = {
        other: value for _, other, value in parameters if value is not inspect.Parameter.empty
    }

    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("name", None)
        given = dict(zip(order, args, strict=False)) | kwargs
        if len(args) > len(order) or not given.keys() <= keras_names.keys():
            unknown = [each for each in kwargs if each not in keras_names]
            raise TypeError(
                f"tf.{name} takes {', '.join(order)} and name, but was called with {len(args)} "
                f"arguments by position{' and ' if unknown else ''}{', '.join(unknown)}."
            )
        settings = dict(defaults)
        for tf_name, value in given.items():
            other = keras_names[tf_name]
            settings[other] = static(value) if other in _SETTINGS else value
        settings.pop(None, None)
        result = function(**settings)
        return _in_type_of(next(iter(given.values())), result) if keep_type else result

    call.__name__ = call.__qualname__ = name
    call.__doc__ = function.__doc__
    call.__signature__ = inspect.Signature(
        [
            inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for each in (*order, "name")
        ]
    )
    return call


def _in_type_of(x: Any, result: Any) -> Any:
    from minicnn import ops

    dtype = ops.dtype(x if hasattr(x, "dtype") else ops.convert_to_tensor(x))
    return result if ops.dtype(result) == dtype else ops.cast(result, dtype)
