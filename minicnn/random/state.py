"""The state of all random generators of a program, as plain data, and how to restore it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from minicnn.autodiff.seed_generator import GLOBAL_SEED_GENERATOR, SeedGenerator
from minicnn.common import session


def random_state() -> dict[str, Any]:
    """State of the generator behind `seed=None`, of Python's `random` and of `numpy.random`."""
    generator = session.get_global_attribute(GLOBAL_SEED_GENERATOR)
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "generator": None if generator is None else generator.state.numpy().tolist(),
        "python": [version, list(words), gauss],
        "numpy": [name, keys.tolist(), position, has_gauss, cached],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Restores a state that `random_state` returned."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, np.array(keys, "uint32"), *rest))
    if state["generator"] is None:
        session.set_global_attribute(GLOBAL_SEED_GENERATOR, None)
        return
    generator = session.get_global_attribute(GLOBAL_SEED_GENERATOR) or SeedGenerator(0)
    generator.state.assign(np.array(state["generator"], "int64"))
    session.set_global_attribute(GLOBAL_SEED_GENERATOR, generator)


def is_random_state(state: Any) -> bool:
    """Whether `state` is valid for `set_random_state`."""
    try:
        version, words, gauss = state["python"]
        random.Random().setstate((version, tuple(words), gauss))
        np.random.RandomState(0).set_state(tuple(state["numpy"]))
        return state["generator"] is None or np.array(state["generator"], "int64").shape == (2,)
    except (TypeError, ValueError, KeyError, OverflowError):
        return False
