"""Real Keras, the part that is the same on all backends. Imported in Keras's process only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np

from compare.libraries.library import Library, SharedRandomNumbers


class Keras(Library):
    """Real Keras on any backend."""

    keras = keras

    @contextlib.contextmanager
    def shared_random_numbers(self) -> Iterator[SharedRandomNumbers]:
        """Replaces the functions of Keras that layers draw random numbers with."""
        from keras.src.backend import random

        draws = SharedRandomNumbers()

        def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
            shape = tuple(inputs.shape)
            wanted = noise_shape if noise_shape is not None else shape
            wanted = [n if m is None else int(m) for m, n in zip(wanted, shape, strict=True)]
            kept = draws.uniform(wanted) >= np.float32(rate)
            scale = np.asarray(kept / (1 - rate), keras.backend.standardize_dtype(inputs.dtype))
            return inputs * keras.ops.convert_to_tensor(scale)

        def uniform(shape: Any, minval: Any = 0, maxval: Any = 1, dtype: Any = None, **_: Any):
            drawn = keras.ops.convert_to_tensor(draws.uniform(shape), dtype)
            return drawn * (maxval - minval) + minval

        def normal(shape: Any, mean: Any = 0, stddev: Any = 1, dtype: Any = None, **_: Any):
            return keras.ops.convert_to_tensor(draws.normal(shape), dtype) * stddev + mean

        def truncated_normal(
            shape: Any, mean: Any = 0, stddev: Any = 1, dtype: Any = None, **_: Any
        ):
            drawn = keras.ops.convert_to_tensor(draws.truncated_normal(shape), dtype)
            return drawn * stddev + mean

        replaced = {
            "dropout": dropout,
            "uniform": uniform,
            "normal": normal,
            "truncated_normal": truncated_normal,
        }
        with mock.patch.multiple(random, **replaced):
            yield draws
