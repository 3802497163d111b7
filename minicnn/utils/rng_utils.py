"""One seed for everything random in a program."""

from __future__ import annotations

import random

import numpy as np

from minicnn import global_state

_SEED = "global_random_seed"
_SEED_GENERATOR = "global_seed_generator"


def set_random_seed(seed: int) -> None:
    """Seed Python's `random`, `numpy.random` and the generator behind `minicnn.random`.

    The same seed gives the same weights, shuffles and dropout masks, bit for bit, run after run.
    """
    if not isinstance(seed, int):
        raise ValueError(
            "Expected `seed` argument to be an integer. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    random.seed(seed)
    np.random.seed(seed)
    global_state.set_global_attribute(_SEED, seed)
    # Without this the generator would go on from where it stands; a new one draws its own
    # seed from Python's `random`.
    global_state.set_global_attribute(_SEED_GENERATOR, None)


def get_random_seed() -> int | None:
    """The seed given to `set_random_seed`, or None."""
    return global_state.get_global_attribute(_SEED)
