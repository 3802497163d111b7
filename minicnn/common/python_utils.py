"""Small helper functions in plain Python."""

from __future__ import annotations

import base64
import inspect
import marshal
from collections.abc import Callable, Collection
from typing import Any


def default(method: Callable) -> Callable:
    """Decorator that marks a method as the default, which subclasses may override."""
    method._is_default = True
    return method


def is_default(method: Callable) -> bool:
    """Whether a method is a marked default, not overridden by a subclass."""
    return getattr(method, "_is_default", False)


def arguments_of(constructor: Callable, without: Collection[str] = ()) -> tuple[str, ...]:
    """The names of a constructor's arguments, in their order; not `self`, `*args`, `**kwargs`.

    >>> def __init__(self, units, activation=None, name=None, **kwargs): ...
    >>> arguments_of(__init__, without=["name"])
    ('units', 'activation')
    """
    parameters = inspect.signature(constructor).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return tuple(name for name in names if name not in ("self", *without))


class ConstructorSignature:
    """Descriptor for `__signature__`: a class takes what its `__init__` takes.

    The first releases of Python 3.11 show what `__new__` takes instead, in `help` and notebooks.
    """

    def __get__(self, instance: Any, owner: type) -> inspect.Signature:
        if instance is not None:  # what an object takes when it is called is another question
            raise AttributeError("__signature__")
        signature = inspect.signature(owner.__init__)
        return signature.replace(parameters=list(signature.parameters.values())[1:])


def to_list(x: Any) -> list:
    """A list unchanged, anything else as a list of one item."""
    return x if isinstance(x, list) else [x]


def remove_by_id(items: list, item: Any) -> None:
    """Removes the first occurrence of this object, compared by identity."""
    for index, other in enumerate(items):
        if other is item:
            del items[index]
            return


def pythonify_logs(logs: dict[str, Any] | None) -> dict[str, Any]:
    """Logs as Python floats by sorted name, nested dicts merged into one."""
    result: dict[str, Any] = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            result.update(pythonify_logs(value))
        else:
            result[name] = _float_if_number(value)
    return result


def _float_if_number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def func_dump(function: Callable) -> tuple[str, tuple | None, tuple | None]:
    """A function as (bytecode in base64, default values, values it closes over), as Keras does.

    There is no inverse: code from a file is never run.
    """
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    closure = tuple(cell.cell_contents for cell in function.__closure__ or ())
    return code, function.__defaults__, closure or None
