"""Data sets that Keras publishes as one `.npz` file, in an order that a seed decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.datasets import cache
from minicnn.datasets.array_pickles import read_npz

# The address and the hashes in the modules of these data sets are those in Keras 3
# (keras/src/datasets/*.py).
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

Split = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def arrays_of(name: str, file: str, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a file, which is found on this computer or fetched."""
    return cache.find_or_fetch(
        name, lambda path: read_npz(path, sha256), (file,), ORIGIN, {file: sha256}
    )


def word_index_of(name: str, file: str, md5: str) -> dict[str, int]:
    """The number of each word, from a file that is found on this computer or fetched."""

    def read(path: Path) -> Any:
        return json.loads(cache.verified(path, cache.content(path), md5, "md5"))

    return cache.find_or_fetch(name, read, (file,), ORIGIN, {file: md5})


def shuffled(random: np.random.RandomState, *arrays: np.ndarray) -> list[np.ndarray]:
    """The rows of all arrays in the same random order, which is Keras's for the same seed."""
    order = np.arange(len(arrays[0]))
    random.shuffle(order)
    return [array[order] for array in arrays]


def split(x: Any, y: Any, test_split: float) -> Split:
    """The first rows to train on and the last ones to test with."""
    if not 0 <= test_split < 1:
        raise ValueError(
            f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive "
            "of 1)."
        )
    first = int(len(x) * (1 - test_split))
    return (x[:first], y[:first]), (x[first:], y[first:])
