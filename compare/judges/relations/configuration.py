"""The configuration: Keras's own, with the constructor's arguments that it leaves out.

Where Keras writes an argument in a form that JSON cannot hold, the argument as it was given takes
its place. An object is registered under the name by which it is found.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from compare.cases.case import Case, LibraryObject
from compare.cases.kinds.shared import configuration_text
from compare.judges.opinion import Opinion
from compare.libraries.library import Library

NOT_SAVED = ("dtype", "kwargs", "use_cudnn", "weights")  # by losses; hints; first values
WITH_SHORT_INTEGERS = ("jax", "torch")  # where Keras's type "int" is int32, elsewhere int64
JUDGE = "Keras's configuration, completed"


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """The configuration, which an object made from it must have, too."""
    if case.kind == "ops":
        return
    found = completed(library, f"{case.kind}.{case.name}", case.settings, {"name": "case"})
    if backend in WITH_SHORT_INTEGERS and found["config"].get("dtype") == "int32":
        found["config"]["dtype"] = case.settings.get("dtype", "int64")
    yield Opinion(JUDGE, {"config": configuration_text(found), "config round trip": "kept"})


def completed(
    library: Library, name: str, settings: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """The serialized object `keras.NAME` with these settings."""
    made = library.find(name)
    taken = inspect.signature(made.__init__).parameters
    given = dict(settings)
    if name.startswith("layers."):
        given |= more
    thing = made(**library.resolve(given))
    found = library.keras.saving.serialize_keras_object(thing)
    module, _, class_name = f"keras.{name}".rpartition(".")
    found |= {"module": module, "class_name": class_name, "registered_name": None}
    config = found["config"]
    for argument, parameter in taken.items():
        value = given.get(argument, parameter.default)
        if isinstance(value, LibraryObject):
            config[argument] = completed(library, value.name, value.settings, {})
        elif argument in config:
            if not _is_plain(config[argument]):
                config[argument] = value
        elif value not in (parameter.empty, None) and argument not in NOT_SAVED:
            config[argument] = value
    return found


def _is_plain(value: Any) -> bool:
    """Whether JSON can hold the value, and it is not a serialized tensor."""
    try:
        return "__tensor__" not in json.dumps(value)
    except TypeError:
        return False
