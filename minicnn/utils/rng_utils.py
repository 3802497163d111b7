"""`set_random_seed`: one seed for all random numbers of a program, or of one of its threads."""

from __future__ import annotations

import os
import random
import threading

import numpy as np

from minicnn.common import session

_SEED = "global_random_seed"
_SEED_GENERATOR = "global_seed_generator"


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


def set_random_seed(seed: int) -> None:
    """Seeds Python's `random`, `numpy.random` and the generator behind `minicnn.random`.

    The same seed gives the same weights, shuffles and dropout masks, bit for bit, run after run.
    This holds for a thread that calls it, whatever other threads do, since its seeds are then its
    own; `random` and `numpy.random` themselves are shared by all threads.
    """
    if not isinstance(seed, int):
        raise ValueError(
            "Expected `seed` argument to be an integer. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    with _guard:
        _seeded_threads.add(threading.get_ident())
        _of_thread.random = random.Random(seed)
        random.seed(seed)
    np.random.seed(seed)
    session.set_global_attribute(_SEED, seed)
    # Without this the generator would continue its sequence; a new one takes its seed from
    # Python's `random`.
    session.set_global_attribute(_SEED_GENERATOR, None)


def get_random_seed() -> int | None:
    """The seed given to `set_random_seed`, or None."""
    return session.get_global_attribute(_SEED)


def draw_integer() -> int:
    """A random number from 1 to 10⁹ from Python's `random`.

    After several threads have called `set_random_seed`, each of them has its own sequence, which is
    that of `random` with its seed.
    """
    with _guard:
        own = None if _of_thread.random is None else _of_thread.random.randint(1, 10**9)
        alone = _seeded_threads <= {threading.get_ident()}
        return random.randint(1, 10**9) if alone or own is None else own
