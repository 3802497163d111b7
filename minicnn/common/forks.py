"""Locks that `os.fork` waits for, so that a child inherits none that is held by another thread.

A child has only the thread that forked. A lock that another thread held at that moment would never
be released in it, and what it protects would be half changed; a module that another thread was
importing would stay half imported. So a fork waits until these locks are free and no thread
imports. If that takes too long, acquiring such a lock in the child raises an error.
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
    """Replaces, in a child, a lock that is never released; acquiring it raises an error."""

    def acquire(self, *_: Any, **__: Any) -> bool:
        raise RuntimeError(REFUSAL)

    __enter__ = acquire

    def __exit__(self, *_: Any) -> None:
        pass

    def release(self) -> None:
        pass


_places: list[tuple[Any, str]] = []


class _Acquired(threading.local):
    locks: tuple[Any, ...] = ()


_acquired = _Acquired()


def hold_over_forks(owner: Any, attribute: str = "_lock") -> None:
    """Makes forks wait for the `RLock` that is an attribute of an owner.

    Register a lock before those that are acquired while it is held.
    """
    if (owner, attribute) not in _places:
        _places.append((owner, attribute))


def _before_fork() -> None:
    end = time.monotonic() + PATIENCE
    while not _acquire_all(end) and time.monotonic() < end:
        # A thread that imports may need one of the locks.
        _release_all()
        time.sleep(0.001)


def _acquire_all(end: float) -> bool:
    """Acquires the locks in their order; whether all are acquired and no other thread imports."""
    _acquired.locks = ()
    for owner, attribute in _places:
        lock = getattr(owner, attribute)
        if isinstance(lock, _Refusal) or not lock.acquire(timeout=max(0, end - time.monotonic())):
            return False
        _acquired.locks += (lock,)
    _imp.acquire_lock()  # no thread begins to import
    if _others_import():
        _imp.release_lock()
        return False
    _acquired.locks += (_ImportLock,)
    return True


def _others_import() -> bool:
    """Whether another thread is in the middle of an import: it then holds the lock of a module."""
    locks = [reference() for reference in list(_module_locks.values())]
    owners = {getattr(lock, "owner", None) for lock in locks}
    return bool(owners - {None, threading.get_ident()})


_module_locks: dict = getattr(importlib._bootstrap, "_module_locks", {})


class _ImportLock:
    release = staticmethod(_imp.release_lock)


def _release_all() -> None:
    locks, _acquired.locks = _acquired.locks, ()
    for lock in reversed(locks):
        lock.release()


def _after_in_child() -> None:
    for owner, attribute in _places[len(_acquired.locks) :]:
        setattr(owner, attribute, _Refusal())
    _release_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_release_all, after_in_child=_after_in_child
    )
