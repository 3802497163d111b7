"""Builds objects once and completely, with several threads, and after errors and Ctrl-C.

Layers, optimizers, metrics and losses make their variables at the first call. Two threads may call
at the same time, and an error or Ctrl-C may interrupt.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.common.name_scope import scopes_closed
from minicnn.common.session import temporarily


class _Open(threading.local):
    snapshots: list[_Snapshot] | None = None
    things: tuple = ()


_open = _Open()
_of_all_threads: dict[int, tuple[int, list[_Snapshot]]] = {}
"""The open lists of snapshots of all threads, by id, each with its thread."""
_locks: dict[int, tuple[weakref.ref, Any]] = {}
"""By identity: a reference to the thing, which removes the entry with it, and its lock."""


@contextlib.contextmanager
def all_or_nothing(thing: Any) -> Iterator[None]:
    """Context in which only this thread changes the object; an exception undoes all changes.

    Objects that were built inside it, such as the layers of a model, are restored, too.
    """
    with build_lock(thing):
        snapshots = [_Snapshot(thing)]
        around = _open.snapshots
        try:
            _of_all_threads[id(snapshots)] = threading.get_ident(), snapshots
            try:
                with scopes_closed(), temporarily(_open, snapshots=snapshots):
                    yield
                    if around is not None:
                        around += snapshots
            finally:
                _of_all_threads.pop(id(snapshots), None)
        except BaseException:
            for snapshot in reversed(snapshots):
                snapshot.restore()
            snapshots.clear()
            raise


def _restore_what_other_threads_began() -> None:
    """In a forked child, undoes what other threads had begun, and forgets the locks they held."""
    _locks.clear()
    for key, (thread, snapshots) in reversed(tuple(_of_all_threads.items())):
        if thread != threading.get_ident():
            for snapshot in reversed(snapshots):
                snapshot.restore()
            del _of_all_threads[key]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_restore_what_other_threads_began)


def restore_on_error(thing: Any) -> None:
    """Restores another object, too, if the surrounding `all_or_nothing` ends with an exception."""
    if _open.snapshots is not None:
        _open.snapshots.append(_Snapshot(thing))


@contextlib.contextmanager
def building(thing: Any) -> Iterator[None]:
    """`all_or_nothing`; inside, `is_being_built(thing)`."""
    with all_or_nothing(thing), temporarily(_open, things=(*_open.things, thing)):
        yield


def build_lock(thing: Any) -> Any:
    """The thing's lock (a context manager), held by the thread that builds it.

    It is kept outside of the thing, whose attributes are compared, copied and saved.
    """
    key = id(thing)
    if key not in _locks:
        reference = weakref.ref(thing, lambda _: _locks.pop(key, None))
        _locks.setdefault(key, (reference, threading.RLock()))
    return _locks[key][1]


def is_being_built(thing: Any) -> bool:
    """Whether `building(thing)` is open in this thread."""
    return any(other is thing for other in _open.things)


def built_once(build: Callable) -> Callable:
    """Decorator for `build` methods: they run once and completely, and `built` is set at the end.

    A subclass's method may call that of its parent.
    """

    @functools.wraps(build)
    def wrapped(self, *args: Any, **kwargs: Any) -> None:
        if is_being_built(self):
            build(self, *args, **kwargs)
            return
        with building(self):
            if not self.built:
                build(self, *args, **kwargs)
                self.built = True

    return wrapped


class _Snapshot:
    """A snapshot of an object's attributes, with the contents of their lists, dicts and sets."""

    def __init__(self, thing: Any):
        self.thing = thing
        self.attributes = dict(vars(thing))
        self.contents: dict[int, tuple[Any, Any]] = {}
        for value in self.attributes.values():
            self._add(value)

    def _add(self, value: Any) -> None:
        if not isinstance(value, (list, dict, set, tuple)) or id(value) in self.contents:
            return
        self.contents[id(value)] = value, _copied(value)
        for item in value.values() if isinstance(value, dict) else value:
            self._add(item)

    def restore(self) -> None:
        """Gives the object these attributes again."""
        now = vars(self.thing)
        now.update(self.attributes)
        for name in now.keys() - self.attributes.keys():
            del now[name]
        for value, content in self.contents.values():
            _refill(value, content)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    return set(value) if isinstance(value, set) else list(value)


def _refill(value: Any, content: Any) -> None:
    """Restores the content with the built-in type's methods, as a subclass may refuse changes."""
    if isinstance(value, tuple):
        return
    builtin = next(c for c in type(value).__mro__ if c.__module__ in ("builtins", "collections"))
    builtin.clear(value)
    (builtin.extend if isinstance(value, list) else builtin.update)(value, content)
