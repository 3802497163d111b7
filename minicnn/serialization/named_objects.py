"""`NamedObjects`: `get` and `deserialize` of losses, metrics, initializers, ..."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from minicnn.common.naming import to_snake_case
from minicnn.common.suggest import shown, unknown_name
from minicnn.serialization.deserialize import deserialize_keras_object
from minicnn.serialization.object_registration import get_registered_object


def by_name(classes: Iterable[type]) -> dict[str, type]:
    """The classes by their names, and by the same in snake case, as in `kernel_constraint`.

    >>> by_name([dict]) == {"dict": dict}
    True
    """
    classes = tuple(classes)
    return {
        **{cls.__name__: cls for cls in classes},
        **{to_snake_case(cls.__name__): cls for cls in classes},
    }


class NamedObjects:
    """The objects of one kind that can be given as a name, a config or a class.

    The functions `get` and `deserialize` of a module such as `metrics` are the methods of one.

    Args:
        kind: what they are, for error messages.
        known: classes or functions by name.
    """

    def __init__(self, kind: str, known: Mapping[str, Any]):
        self.kind = kind
        self.known = known

    def get(self, identifier: Any) -> Any:
        """The object that a name, a config, a class or a callable means; None stays None.

        Args:
            identifier: a name of the library's own or of a registered object; a config, as
                `serialize_keras_object` makes it; a class, which is made with its defaults; or the
                object itself.

        Raises:
            ValueError: for an unknown name (with a similar one that is known), or anything else.
        """
        if identifier is None:
            return None
        found = identifier
        if isinstance(identifier, dict):
            found = self.deserialize(identifier)
        elif isinstance(identifier, str):
            found = self.known.get(identifier) or get_registered_object(identifier)
            if found is None:
                raise ValueError(
                    f"Could not interpret {self.kind} identifier: {shown(identifier)}. "
                    + unknown_name(self.kind, identifier, self.known)
                )
        if inspect.isclass(found):
            return found()
        if callable(found):
            return found
        raise ValueError(
            f"Could not interpret {self.kind} identifier: {shown(identifier)} "
            f"(of type {type(identifier).__name__}). Expected a name, a config as `serialize` "
            f"makes it, or a callable {self.kind}."
        )

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """The object that a config describes.

        Args:
            config: the result of `serialize_keras_object`, also if written to JSON and read back.
            custom_objects: classes and functions of the user's own, by the names in the config.
        """
        return deserialize_keras_object(
            config, module_objects=self.known, custom_objects=custom_objects
        )
