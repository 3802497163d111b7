"""State while configs are read or written: safe mode, and the objects that occurred before."""

from __future__ import annotations

from typing import Any

from minicnn.common import session

_SAFE_MODE = "safe_mode_saving"
_SHARED_OBJECTS = "shared_objects/id_to_obj_map"
_SHARED_CONFIGS = "shared_objects/id_to_config_map"


class SafeModeScope:
    """Context that sets `safe_mode` for everything that is deserialized in it."""

    def __init__(self, safe_mode: bool | None = True):
        self.safe_mode = safe_mode
        self._outer: bool | None = None

    def __enter__(self) -> None:
        self._outer = in_safe_mode()
        session.set_global_attribute(_SAFE_MODE, self.safe_mode)

    def __exit__(self, *exception: object) -> None:
        session.set_global_attribute(_SAFE_MODE, self._outer)


def in_safe_mode() -> bool | None:
    """The safe mode of the innermost scope; None outside."""
    return session.get_global_attribute(_SAFE_MODE)


def enable_unsafe_deserialization() -> None:
    """Sets safe mode to False for this session. Code in files is still not run."""
    session.set_global_attribute(_SAFE_MODE, False)


class ObjectSharingScope:
    """Context in which an object that occurs twice is written and read as the same object."""

    def __enter__(self) -> None:
        session.set_global_attribute(_SHARED_OBJECTS, {})
        session.set_global_attribute(_SHARED_CONFIGS, {})

    def __exit__(self, *exception: object) -> None:
        session.set_global_attribute(_SHARED_OBJECTS, None)
        session.set_global_attribute(_SHARED_CONFIGS, None)


def mark_if_shared(obj: Any, config: dict[str, Any]) -> None:
    """Gives both configs of an object that occurs a second time the same id."""
    seen = session.get_global_attribute(_SHARED_CONFIGS)
    if seen is None:
        return
    earlier = seen.setdefault(id(obj), config)
    if earlier is not config:
        config["shared_object_id"] = earlier["shared_object_id"] = id(obj)


def shared_object(config: dict[str, Any]) -> Any:
    """The object that was read before from a config with the same id, or None."""
    objects = session.get_global_attribute(_SHARED_OBJECTS)
    return (objects or {}).get(config.get("shared_object_id"))


def remember_shared_object(obj: Any, config: dict[str, Any]) -> None:
    """Stores an object that was read, if its config says that it is shared."""
    objects = session.get_global_attribute(_SHARED_OBJECTS)
    if objects is not None and "shared_object_id" in config:
        objects[config["shared_object_id"]] = obj
