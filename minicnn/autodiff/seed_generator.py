"""Seed generators: counters that give the random functions their seeds.

The random functions have no state: a seed, which is a pair of integers, determines all the numbers
that they return. The only state is the counter of a `SeedGenerator`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.tracing import traced
from minicnn.autodiff.variable import Variable
from minicnn.common import session
from minicnn.common.name_scope import name_scope
from minicnn.common.naming import auto_name
from minicnn.common.python_random import draw_integer

GLOBAL_SEED_GENERATOR = "global_seed_generator"
_INCREMENT = np.array([0, 1])


class SeedGenerator:
    """A source of seeds: `(seed, 0)`, `(seed, 1)`, `(seed, 2)`, ...

    As the `seed` of random functions it gives other numbers at every call, and the same numbers in
    every run of the program. As in Keras, model files do not contain its state.

    Args:
        seed: an integer. If None, it is drawn from Python's `random`, which
            `utils.set_random_seed` seeds.
        name: of the variable's scope; generated if not given.

    Attributes:
        state: the next seed, a `Variable` of shape (2,).

    Example:
        >>> import minicnn as keras
        >>> generator = keras.random.SeedGenerator(1337)
        >>> first, second = (keras.random.normal((2,), seed=generator) for _ in range(2))
        >>> bool((first == second).numpy().any())
        False
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **unknown: Any):
        if unknown:
            raise ValueError(
                f"Unrecognized keyword arguments: {unknown}. "
                "A SeedGenerator takes `seed` and `name`."
            )
        if seed is not None and not isinstance(seed, int):
            raise ValueError(
                "Argument `seed` must be an integer, or None for one that is drawn. "
                f"Received: seed={seed} (of type {type(seed).__name__})"
            )
        self.name = name or auto_name(type(self).__name__)
        self._initial_seed = seed
        with name_scope(self.name, caller=self):
            self.state = Variable(
                np.array([make_default_seed() if seed is None else seed, 0]),
                dtype="int64",
                trainable=False,
                name="seed_generator_state",
            )

    def next(self) -> Tensor:
        """The next seed, a tensor of shape (2,), different at every call."""
        seed = self.state.value
        self.state.assign(Tensor(traced(np.add, seed.array, _INCREMENT)))
        return seed

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments of this generator in its first state."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """The generator that `get_config` described."""
        return cls(**config)


def global_seed_generator() -> SeedGenerator:
    """The generator for `seed=None`, made when it is first needed."""
    generator = session.get_global_attribute(GLOBAL_SEED_GENERATOR)
    if generator is None:
        generator = SeedGenerator()
        session.set_global_attribute(GLOBAL_SEED_GENERATOR, generator)
    return generator


def make_default_seed() -> int:
    """A seed drawn from Python's `random`."""
    return draw_integer()


def draw_seed(seed: int | SeedGenerator | None) -> Tensor:
    """The pair of integers of a `seed` argument, as a tensor of shape (2,)."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, int):
        return Tensor(np.array([seed, 0], dtype="int64"))
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`, "
        f"or None for the global generator. Received: seed={seed} (of type {type(seed).__name__})"
    )


def draw_key(seed: int | SeedGenerator | None) -> np.ndarray:
    """The seed of a `seed` argument as kernels take it: the lowest 32 bits of both integers."""
    return traced(np.ndarray.astype, draw_seed(seed).array, "uint32")
