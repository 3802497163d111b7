"""Seeds drawn from Python's `random`, the same in each run for a thread that seeded it."""

from __future__ import annotations

import os
import random
import threading

_guard = threading.RLock()
_seeded_threads: set[int] = set()


class _ThreadState(threading.local):
    random: random.Random | None = None


_of_thread = _ThreadState()
# A child process must not begin with a lock that no thread releases.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_guard.release
    )


def seed_python(seed: int) -> None:
    """Seeds Python's `random`, and the calling thread's own sequence of `draw_integer`."""
    with _guard:
        _seeded_threads.add(threading.get_ident())
        _of_thread.random = random.Random(seed)
        random.seed(seed)


def draw_integer() -> int:
    """A random number from 1 to 10⁹ from Python's `random`.

    After several threads have called `set_random_seed`, each of them has its own sequence, which is
    that of `random` with its seed.
    """
    with _guard:
        own = None if _of_thread.random is None else _of_thread.random.randint(1, 10**9)
        alone = _seeded_threads <= {threading.get_ident()}
        return random.randint(1, 10**9) if alone or own is None else own
