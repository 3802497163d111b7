"""State that belongs to a thread and is forgotten by `clear_session`: names in use, scopes."""

from __future__ import annotations

import gc
import threading
from typing import Any

_state = threading.local()


def set_global_attribute(name: str, value: Any) -> None:
    """Store a value under a name, for the current thread."""
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


def clear_session(free_memory: bool = True) -> None:
    """Forget all global state: automatic names start again, the default policy is as at the start.

    Arguments:
        free_memory: also run Python's garbage collector, which may take a moment.
    """
    global _state
    _state = threading.local()
    if free_memory:
        gc.collect()
