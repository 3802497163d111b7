"""Locks that are held over `os.fork`, so that no child inherits one that nobody lets go.

A child has only the thread that forked. A lock that another thread held at that moment would stay
closed in it for ever, and what it guards half changed; a file that another thread was importing
would stay half imported. So a fork waits until the locks named here are free and nobody imports. If
that takes too long, whoever wants such a lock in the child is told so.
"""

from __future__ import annotations

import _imp
import importlib._bootstrap
import logging  # noqa: F401 (it holds its own lock over forks, which must be taken after ours)
import os
import threading
import time
from typing import Any

PATIENCE = 30.0  # seconds that a fork may wait, for all locks together
REFUSAL = (
    "This process was forked while another thread compiled or imported kernels, so it cannot do "
    "that itself. Fork when no other thread does, or start processes by "
    "`multiprocessing.get_context('spawn')`."
)


class _Refusal:
    """Stands in the place of a lock that is closed for ever."""

    def acquire(self, *_: Any, **__: Any) -> bool:
        raise RuntimeError(REFUSAL)

    __enter__ = acquire

    def __exit__(self, *_: Any) -> None:
        pass

    def release(self) -> None:
        pass


_places: list[tuple[Any, str]] = []


class _Taken(threading.local):
    locks: tuple[Any, ...] = ()


_taken = _Taken()


def hold_over_forks(owner: Any, attribute: str = "_lock") -> None:
    """Have forks wait for the `RLock` that is an attribute.

    Name first the lock under which others are taken.
    """
    if (owner, attribute) not in _places:
        _places.append((owner, attribute))


def _before() -> None:
    end = time.monotonic() + PATIENCE
    while not _take_all(end) and time.monotonic() < end:
        # Whoever imports may need one of the locks for it.
        _let_go()
        time.sleep(0.001)


def _take_all(end: float) -> bool:
    """Take the locks in their order; whether all are taken and no other thread imports."""
    _taken.locks = ()
    for owner, attribute in _places:
        lock = getattr(owner, attribute)
        if isinstance(lock, _Refusal) or not lock.acquire(timeout=max(0, end - time.monotonic())):
            return False
        _taken.locks += (lock,)
    _imp.acquire_lock()  # nobody begins to import
    if _others_import():
        _imp.release_lock()
        return False
    _taken.locks += (_ImportLock,)
    return True


def _others_import() -> bool:
    """Whether another thread is in the middle of an import: it then holds the lock of a module."""
    locks = [reference() for reference in list(_module_locks.values())]
    owners = {getattr(lock, "owner", None) for lock in locks}
    return bool(owners - {None, threading.get_ident()})


_module_locks: dict = getattr(importlib._bootstrap, "_module_locks", {})


class _ImportLock:
    release = staticmethod(_imp.release_lock)


def _let_go() -> None:
    locks, _taken.locks = _taken.locks, ()
    for lock in reversed(locks):
        lock.release()


def _after_in_child() -> None:
    for owner, attribute in _places[len(_taken.locks) :]:
        setattr(owner, attribute, _Refusal())
    _let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_let_go, after_in_child=_after_in_child)
