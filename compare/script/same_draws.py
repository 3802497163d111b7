"""Gives a program the same initial weights and orders of samples on both libraries.

In the run on Keras each result of a random initializer is recorded. In the run on minicnn the first
initializer that is called for a shape gives the first recorded array of this shape, and so on.
Shuffles are drawn from one list of permutations. Dropout masks and other random numbers stay each
library's own.
"""

from __future__ import annotations

import atexit
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

INITIALIZERS = (
    *("RandomNormal", "TruncatedNormal", "RandomUniform", "VarianceScaling", "Orthogonal"),
    *("GlorotUniform", "GlorotNormal", "LecunNormal", "LecunUniform", "HeNormal", "HeUniform"),
)
FILE = "weights.npz"


class Permutations:
    """Permutations by their number: the same first, second, ... in every process."""

    def __init__(self) -> None:
        self._number = 0

    def next(self, count: int) -> np.ndarray:
        """The next permutation of `count` numbers."""
        self._number += 1
        return np.random.default_rng([self._number, int(count)]).permutation(int(count))


def record_in_keras(keras: Any, folder: Path) -> None:
    """Record the initial weights, and shuffle by `Permutations`. Saved when the program ends."""
    drawn: list[np.ndarray] = []

    def recorded(original: Callable, *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        drawn.append(np.asarray(keras.ops.convert_to_numpy(result)))
        return result

    _wrap_initializers(keras, recorded)
    if keras.backend.backend() != "torch":  # there, torch's own loader shuffles
        _shuffle_in_tensorflow()
    atexit.register(lambda: np.savez(folder / FILE, *drawn))


def _shuffle_in_tensorflow() -> None:
    """Keras shuffles the numbers of samples by this function of TensorFlow."""
    import tensorflow as tf

    permutations = Permutations()

    def shuffle(values: Any, seed: int | None = None, name: str | None = None) -> Any:
        def permuted(array: np.ndarray) -> np.ndarray:
            return array[permutations.next(len(array))]

        result = tf.numpy_function(permuted, [values], values.dtype)
        result.set_shape(values.shape)
        return result

    tf.random.shuffle = shuffle


def replay_in_minicnn(minicnn: Any, folder: Path) -> dict[str, int]:
    """Use the recorded weights. Returns counts that grow: of weights "same" and "other"."""
    from minicnn.trainers.data_adapters import array_data_adapter

    counts = {"same": 0, "other": 0}
    by_shape: dict[tuple, list[np.ndarray]] = {}
    with np.load(folder / FILE) as arrays:
        for name in arrays.files:
            by_shape.setdefault(arrays[name].shape, []).append(arrays[name])

    def replayed(original: Callable, *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        found = by_shape.get(tuple(result.shape))
        counts["same" if found else "other"] += 1
        return minicnn.ops.convert_to_tensor(found.pop(0), result.dtype) if found else result

    _wrap_initializers(minicnn, replayed)
    array_data_adapter.permutation = Permutations().next
    return counts


def _wrap_initializers(library: Any, wrapper: Callable) -> None:
    """Let `wrapper(original, *args, **kwargs)` compute the result of each random initializer."""
    classes = {
        cls
        for name in INITIALIZERS
        for cls in getattr(library.initializers, name).__mro__
        if "__call__" in vars(cls) and cls.__name__ not in ("Initializer", "object")
    }
    inside: list[bool] = []
    for cls in classes:
        cls.__call__ = _outermost(cls.__call__, wrapper, inside)


def _outermost(original: Callable, wrapper: Callable, inside: list[bool]) -> Callable:
    """The wrapped call; initializers that it calls itself are left as they are."""

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if inside:
            return original(*args, **kwargs)
        inside.append(True)
        try:
            return wrapper(original, *args, **kwargs)
        finally:
            inside.pop()

    return call
