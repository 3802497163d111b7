"""What the user means by a setting such as `kernel_initializer="he_normal"`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from minicnn.common.suggest import shown, unknown_name


def identify(identifier: Any, known: Mapping[str, Any], kind: str) -> Any:
    """The object behind a name, a config, a class or an object, None staying None.

    Args:
        identifier: a name in `known` or of a registered custom object; a dict as `serialize`
            makes it; a class, which is made with its defaults; or the object itself.
        known: names and what they stand for, classes or functions.
        kind: what it is, for the error message.

    Raises:
        ValueError: for a name that nobody knows (with the near match), or anything else.
    """
    from minicnn.serialization import object_registration, serialization_lib

    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = serialization_lib.deserialize_keras_object(identifier, module_objects=known)
    elif isinstance(identifier, str):
        found = known.get(identifier) or object_registration.get_registered_object(identifier)
        if found is None:
            raise ValueError(
                f"Could not interpret {kind} identifier: {shown(identifier)}. "
                + unknown_name(kind, identifier, known)
            )
    if inspect.isclass(found):
        return found()
    if callable(found):
        return found
    raise ValueError(
        f"Could not interpret {kind} identifier: {shown(identifier)} "
        f"(of type {type(identifier).__name__}). Expected a name, a config as `serialize` makes "
        f"it, or a callable {kind}."
    )
