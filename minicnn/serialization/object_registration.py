"""The user's own classes and functions, by the names under which files refer to them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from minicnn.common import session

GLOBAL_CUSTOM_OBJECTS: dict[str, Any] = {}
GLOBAL_CUSTOM_NAMES: dict[Any, str] = {}

_SCOPE = "custom_objects_scope_dict"


class CustomObjectScope:
    """Context in which files and names may refer to the given objects: `{"name": object}`."""

    def __init__(self, custom_objects: Mapping[str, Any] | None):
        self.custom_objects = dict(custom_objects or {})
        self._outer: dict[str, Any] = {}

    def __enter__(self) -> CustomObjectScope:
        self._outer = objects_in_scope()
        session.set_global_attribute(_SCOPE, {**self._outer, **self.custom_objects})
        return self

    def __exit__(self, *exception: object) -> None:
        session.set_global_attribute(_SCOPE, self._outer)


custom_object_scope = CustomObjectScope


def objects_in_scope() -> dict[str, Any]:
    """The objects of all open scopes of this thread."""
    return session.get_global_attribute(_SCOPE, {})


def get_custom_objects() -> dict[str, Any]:
    """All registered objects by name: the dict itself, which may be changed."""
    return GLOBAL_CUSTOM_OBJECTS


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable:
    """Decorator that registers a class or function as "package>name", for use in files.

    The name is the class's own unless given. A class needs a `get_config` method.

    >>> @register_keras_serializable("my_package")
    ... def double(x):
    ...     return 2 * x
    >>> get_registered_name(double)
    'my_package>double'
    """

    def register(thing: Any) -> Any:
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. Add one to "
                f"{thing.__name__}: it returns the arguments of __init__ as a dict."
            )
        registered_name = f"{package}>{name or thing.__name__}"
        GLOBAL_CUSTOM_OBJECTS[registered_name] = thing
        GLOBAL_CUSTOM_NAMES[thing] = registered_name
        return thing

    return register


def get_registered_name(obj: Any) -> str:
    """The name that a class or function is registered under, or else its own."""
    return GLOBAL_CUSTOM_NAMES.get(obj) or obj.__name__


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """The object of this name: from a scope, the registrations, or the dicts given. Or None."""
    places = (objects_in_scope(), GLOBAL_CUSTOM_OBJECTS, custom_objects, module_objects)
    return next((place[name] for place in places if place and name in place), None)
