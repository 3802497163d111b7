"""State that belongs to a thread and is forgotten by `clear_session`: names in use, scopes."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
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


@contextlib.contextmanager
def temporarily(state: Any, /, **values: Any) -> Iterator[None]:
    """Inside, attributes of an object have these values; after it those of before.

    They have them too if Ctrl-C comes while they are being put back.
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
    """Forget all global state: automatic names start again, the default policy is as at the start.

    Arguments:
        free_memory: also run Python's garbage collector, which may take a moment.
    """
    global _state
    _state = threading.local()
    if free_memory:
        gc.collect()
