"""Random values of the kinds that cases need. The same name gives the same values everywhere.

All floats are rounded to float32, so that computations in float32 and in float64 start from the
same numbers. By construction, values are not close to each other, nor to the kinks of functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_KINDS: dict[str, Callable[..., np.ndarray]] = {}


class Values(NamedTuple):
    """A description of a random array. Each process draws the array itself from it."""

    kind: str
    shape: tuple[int, ...]
    options: tuple = ()
    fixed: bool = False  # neither perturbed nor differentiated: labels, for example

    def __repr__(self) -> str:
        return f"{self.kind}{self.shape}"


def kind(function: Callable, fixed: bool = False) -> Callable[..., Values]:
    """Decorator: turns `(random, shape, *options) -> array` into `(*options, *shape) -> Values`."""
    count = function.__code__.co_argcount - 2
    name = function.__name__
    _KINDS[name] = function

    def describe(*arguments: Any) -> Values:
        return Values(name, tuple(arguments[count:]), tuple(arguments[:count]), fixed)

    describe.__doc__ = function.__doc__
    return describe


def labels(function: Callable) -> Callable[..., Values]:
    """Decorator: as `kind`, for values that are not differentiated."""
    return kind(function, fixed=True)


def draw(values: Values, name: str) -> np.ndarray:
    """The described array: float32, whole numbers or booleans."""
    array = _KINDS[values.kind](generator(name), values.shape, *values.options)
    return array.astype("float32") if array.dtype.kind == "f" else array


def generator(name: str) -> np.random.Generator:
    """A generator of random numbers whose seed is the name."""
    seed = hashlib.sha256(name.encode()).digest()[:8]
    return np.random.default_rng(int.from_bytes(seed, "little"))


@kind
def apart(random, shape):
    """Positive and negative values, all different and not close to zero."""
    count = max(int(np.prod(shape)), 1)
    steps = random.permutation(count) - count // 2 + 0.5 + random.uniform(-0.4, 0.4)
    return (steps * (3 / count)).reshape(shape)


@kind
def scaled(random, shape, factor):
    """As `apart`, times a factor."""
    return factor * _KINDS["apart"](random, shape)


@kind
def within(random, shape, low, high):
    """Different values between `low` and `high`."""
    count = max(int(np.prod(shape)), 1)
    return (low + (high - low) * (random.permutation(count) + 0.5) / count).reshape(shape)


@kind
def matrix(random, shape):
    """Well conditioned matrices that are not symmetric."""
    return random.standard_normal(shape) + 3 * np.eye(shape[-2], shape[-1])


@kind
def spd(random, shape):
    """Symmetric positive definite matrices."""
    a = random.standard_normal(shape)
    return a @ np.swapaxes(a, -1, -2) / shape[-1] + np.eye(shape[-1])


@kind
def distribution(random, shape):
    """Probabilities with the sum 1 along the last axis, none near zero."""
    p = random.uniform(0.1, 1.0, shape)
    return p / p.sum(axis=-1, keepdims=True)


@kind
def unit(random, shape):
    """Vectors of length one along the last axis."""
    v = random.standard_normal(shape)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


@labels
def whole(random, shape, low, high):
    """Whole numbers from `low` up to `high` − 1."""
    return random.integers(low, high, shape).astype("int32")


@labels
def flags(random, shape):
    """Booleans, the first true and the second false."""
    drawn = random.integers(0, 2, shape).astype(bool)
    drawn.flat[:2] = (True, False)[: drawn.size]
    return drawn


@labels
def binary(random, shape):
    """Labels 0 and 1, as floats."""
    return flags_of(random, shape).astype("float32")


@labels
def signs(random, shape):
    """Labels −1 and 1, as floats."""
    return 2 * flags_of(random, shape).astype("float32") - 1


@labels
def one_hot(random, shape):
    """A single 1 along the last axis, 0 elsewhere, as floats."""
    return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])]


@labels
def one_hot_each_way(random, shape):
    """A single 1 along each axis but the first, 0 elsewhere, as floats. The sides are equal."""
    first = random.integers(0, shape[-1], (shape[0], *[1] * (len(shape) - 1)))
    steps = [(1 + i % 2) * x for i, x in enumerate(np.indices(shape[1:]))]
    return ((first + sum(steps)) % shape[-1] == 0).astype("float32")


@labels
def eighths(random, shape):
    """Multiples of 1/8 between 0 and 1, for thresholds that predictions lie at exactly."""
    return random.integers(0, 9, shape) / 8


@labels
def ordered(random, shape):
    """Different values in rising order along the last axis."""
    return np.sort(random.permutation(int(np.prod(shape))).reshape(shape) / 4.0, axis=-1)


def flags_of(random: np.random.Generator, shape: tuple) -> np.ndarray:
    """Booleans of which the first two differ."""
    return _KINDS["flags"](random, shape)


@kind
def literal(random, shape, data):
    """These floats."""
    return np.array(data, "float64")


@labels
def index(random, shape, data):
    """These whole numbers."""
    return np.array(data, "int32")


@labels
def truth(random, shape, data):
    """These booleans."""
    return np.array(data, bool)
