"""Caches the variables and inner layers of layers during a training loop.

Layers read what they own off their attributes whenever they are asked. While `ownership_cached` is
open in a thread, the lists are cached, until a layer is given something new.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.autodiff import Tensor
from minicnn.autodiff.changes import count_change
from minicnn.common.session import temporarily
from minicnn.ops.symbolic.keras_tensor import KerasTensor

_OWNS_NOTHING = (bool, int, float, str, type(None), Tensor, KerasTensor)


class _Kept(threading.local):
    found: dict[tuple, tuple[Any, list]] | None = None


_kept = _Kept()


@contextlib.contextmanager
def ownership_cached(found: dict[tuple, tuple[Any, list]] | None = None) -> Iterator[None]:
    """Inside, the lists that `cached_list` methods return are cached.

    Args:
        found: the cache, which is kept; by default that of the context around, or one that is
            emptied afterwards.
    """
    if found is None and _kept.found is not None:
        yield
        return
    try:
        with temporarily(_kept, found={} if found is None else found):
            yield
    finally:
        clear_ownership_cache()  # what changed inside is not known outside


def clear_ownership_cache() -> None:
    """Empties the cache."""
    if _kept.found:
        _kept.found.clear()


def attribute_changed(before: Any, value: Any) -> None:
    """Empties the cache if a new attribute of a layer may own something."""
    plain = isinstance(value, _OWNS_NOTHING)
    if plain and value is before:
        return
    count_change()
    if _kept.found and not plain:
        _kept.found.clear()


def cached_list(method: Callable[..., list]) -> Callable[..., list]:
    """Decorator: caches the returned list while the ownership cache is open."""

    @functools.wraps(method)
    def keeping(self, *args: Any, **kwargs: Any) -> list:
        if _kept.found is None:
            return method(self, *args, **kwargs)
        key = (method.__name__, id(self), *args, *kwargs.items())
        entry = _kept.found.get(key)
        if entry is None:
            entry = self, method(self, *args, **kwargs)  # with `self`, so that its id stays taken
            _kept.found[key] = entry
        return entry[1].copy()

    return keeping
