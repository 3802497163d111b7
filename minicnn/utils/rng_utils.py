"""`set_random_seed`: one seed for all random numbers of a program, or of one of its threads."""

from __future__ import annotations

import numpy as np

from minicnn.common import session
from minicnn.common.python_random import seed_python

_SEED = "global_random_seed"
_SEED_GENERATOR = "global_seed_generator"


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
    seed_python(seed)
    np.random.seed(seed)
    session.set_global_attribute(_SEED, seed)
    # Without this the generator would continue its sequence; a new one takes its seed from
    # Python's `random`.
    session.set_global_attribute(_SEED_GENERATOR, None)


def get_random_seed() -> int | None:
    """The seed given to `set_random_seed`, or None."""
    return session.get_global_attribute(_SEED)
