"""State of a thread that `clear_session` resets: used names, scopes."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

_state = threading.local()


def set_global_attribute(name: str, value: Any) -> None:
    """Stores a value under a name, for the current thread."""
    setattr(_state, name, value)


def get_global_attribute(name: str, default: Any = None, set_to_default: bool = False) -> Any:
    """The current thread's value, or `default` where there is none (or it is None).

    With `set_to_default`, the default is stored as well, so that a list or a dict can be filled.
    """
    value = getattr(_state, name, None)
    if value is not None or default is None:
        return value
    if set_to_default:
        set_global_attribute(name, default)
    return default


@contextlib.contextmanager
def temporarily(state: Any, /, **values: Any) -> Iterator[None]:
    """Context in which attributes of an object have these values; then the old ones are restored.

    They are restored also if Ctrl-C interrupts the restoring.
    """
    before = {name: getattr(state, name) for name in values}
    try:
        _set(state, values)
        yield
        _set(state, before)
    except BaseException:
        _set(state, before)
        raise


def _set(state: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(state, name, value)


def clear_session(free_memory: bool = True) -> None:
    """Resets all global state, such as automatic names and the default dtype policy.

    Arguments:
        free_memory: whether to run Python's garbage collector, too.
    """
    global _state
    _state = threading.local()
    if free_memory:
        gc.collect()
