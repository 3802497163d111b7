"""Random initializers whose distribution does not depend on the weight's shape."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.autodiff import Tensor
from minicnn.initializers.initializer import Initializer
from minicnn.random import SeedGenerator


class RandomInitializer(Initializer):
    """Base of the initializers that draw random numbers.

    Args:
        seed: a whole number: the same values at every call. A `SeedGenerator`: other values at
            every call. None: a seed chosen now by Python's `random`.
    """

    def __init__(self, seed: int | SeedGenerator | dict | None = None):
        self._init_seed = seed
        if seed is None:
            seed = random.make_default_seed()
        elif isinstance(seed, dict):
            from minicnn.serialization import serialization_lib

            seed = serialization_lib.deserialize_keras_object(seed)
        if not isinstance(seed, (int, SeedGenerator)):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` "
                f"or an integer. Received: seed={seed} (of type {type(seed).__name__})"
            )
        self.seed = seed

    @property
    def repeatable(self) -> bool:
        """Whether every call gives the same values and changes nothing, so that it can wait."""
        return super().repeatable and isinstance(self.seed, int)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from minicnn.serialization import serialization_lib

        return {"seed": serialization_lib.serialize_keras_object(self._init_seed)}


class RandomNormal(RandomInitializer):
    """Values from the normal distribution N(mean, stddev²)."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return random.normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Values from N(mean, stddev²) that are at most 2 · stddev from the mean."""

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return random.truncated_normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)


class RandomUniform(RandomInitializer):
    """Values spread evenly over [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None):
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        return random.uniform(shape, self.minval, self.maxval, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}
