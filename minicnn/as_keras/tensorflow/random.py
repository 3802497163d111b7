"""`tf.random`: minicnn's random numbers with TensorFlow's arguments. The numbers differ."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from minicnn import ops, random
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.autodiff import Tensor
from minicnn.common import dtypes
from minicnn.utils import set_random_seed


def plain_seed(seed: Any) -> Any:
    """A seed as minicnn takes it; the pair that "stateless" functions take becomes a number."""
    seed = static(seed)
    return zlib.crc32(repr(seed).encode()) if isinstance(seed, tuple) else seed


@named("random.set_seed")
def set_seed(seed: Any) -> None:
    """Seeds minicnn's random numbers, but not NumPy's generator."""
    state = np.random.get_state()
    set_random_seed(static(seed))
    np.random.set_state(state)


@named("random.uniform")
def uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None
) -> Any:
    """Numbers from `minval` to `maxval`, without it; whole numbers for such a type."""
    if dtypes.is_int_dtype(dtypes.standardize_dtype(dtype)):
        if maxval is None:
            raise ValueError("tf.random.uniform needs `maxval` for whole numbers.")
        return random.randint(static(shape), static(minval), static(maxval), str(dtype), seed)
    upper = 1.0 if maxval is None else maxval
    return random.uniform(static(shape), minval, upper, dtype=dtype, seed=seed)


@named("random.categorical")
def categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Classes drawn by their unnormalised log-probabilities, int64 by default."""
    return random.categorical(logits, static(num_samples), dtype or "int64", seed)


@named("random.gamma")
def gamma(
    shape: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", seed: Any = None
) -> Any:
    """Numbers from the gamma distribution; `shape` for each alpha."""
    whole = (*static(shape), *ops.shape(alpha))
    drawn = random.gamma(whole, alpha, dtype=dtype, seed=seed)
    return drawn if beta is None else drawn / beta


@named("random.poisson")
def poisson(shape: Any, lam: Any, dtype: Any = "float32", seed: Any = None) -> Any:
    """Numbers from the Poisson distribution; `shape` for each lam."""
    seeds = np.asarray(random.draw_seed(seed)) % 2**32
    whole = (*static(shape), *ops.shape(lam))
    drawn = np.random.default_rng(seeds).poisson(np.asarray(lam), whole)
    return Tensor(drawn.astype(dtypes.numpy_dtype(dtype)))


def _stateless(name: str, function: Any) -> None:
    def drawn(shape: Any, seed: Any, *args: Any, alg: Any = None, **kwargs: Any) -> Any:
        return function(static(shape), *args, seed=plain_seed(seed), **kwargs)

    named(f"random.stateless_{name}")(drawn)


_stateless("normal", random.normal)
_stateless("truncated_normal", random.truncated_normal)
_stateless("uniform", uniform)


class Generator:
    """`tf.random.Generator`: numbers that depend on its seed and on how often it was asked."""

    def __init__(self, seed: Any = None):
        self._seeds = random.SeedGenerator(plain_seed(seed))

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """The generator of a seed."""
        return cls(seed)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator of a random seed."""
        return cls()

    def normal(self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32") -> Any:
        """Normally distributed numbers."""
        return random.normal(static(shape), mean, stddev, dtype, self._seeds)

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32"
    ) -> Any:
        """Normally distributed numbers, at most two deviations away."""
        return random.truncated_normal(static(shape), mean, stddev, dtype, self._seeds)

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32"
    ) -> Any:
        """Numbers from `minval` to `maxval`, without it."""
        return uniform(shape, minval, maxval, dtype, self._seeds)

    def make_seeds(self, count: int = 1) -> Any:
        """Pairs of numbers for "stateless" functions, one in each column."""
        return random.randint((2, count), 0, 2**31 - 1, seed=self._seeds)
