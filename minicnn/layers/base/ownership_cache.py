"""What layers own, looked up once for a whole training loop instead of in every step.

Layers read what they own off their attributes whenever they are asked. While `structure_kept` is
open in a thread, what was found is kept, until a layer is given something new.
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
def structure_kept() -> Iterator[None]:
    """Inside, what a `kept` method of a layer found is not looked up again."""
    try:
        with temporarily(_kept, found={}):
            yield
    finally:
        forget_structure()  # what changed inside is not known outside


def forget_structure() -> None:
    """Everything is to be looked up afresh."""
    if _kept.found:
        _kept.found.clear()


def note_attribute(before: Any, value: Any) -> None:
    """An attribute of a layer was set to this value."""
    plain = isinstance(value, _OWNS_NOTHING)
    if plain and value is before:
        return
    count_change()
    if _kept.found and not plain:
        _kept.found.clear()


def kept(method: Callable[..., list]) -> Callable[..., list]:
    """Makes a method that lists parts of a layer one whose result is kept (a decorator)."""

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
