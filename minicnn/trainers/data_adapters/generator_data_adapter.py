"""Batches from generators and other iterators, which can be read once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common.describe import described
from minicnn.trainers.data_adapters.data_adapter import DataAdapter


class GeneratorDataAdapter(DataAdapter):
    """The batches that a generator yields, each of them once.

    Args:
        generator: an iterator of tuples `(inputs,)`, `(inputs, targets)` or
            `(inputs, targets, sample_weights)`.

    Raises:
        ValueError: a generator that yields nothing, or something else than tuples.
    """

    begins_again = False

    def __init__(self, generator: Iterator[Any]):
        first = list(itertools.islice(generator, 1))
        if not first:
            raise ValueError(
                "When passing a Python generator to a model, the generator must yield at least one "
                "batch. Received an empty generator, or one that has been read to its end: a "
                "generator can be read once."
            )
        if not isinstance(first[0], tuple) or not 1 <= len(first[0]) <= 3:
            raise ValueError(
                "When passing a Python generator to a model, the generator must yield tuples, "
                "either (input,) or (inputs, targets) or (inputs, targets, sample_weights). "
                f"Received {described(first[0])}. Several inputs go into one list or dict: "
                "`yield [x1, x2], y`."
            )
        self._batches = itertools.chain(first, generator)

    def get_numpy_iterator(self) -> Iterator[Any]:
        """The batches that have not been read yet."""
        return map(to_numpy, self._batches)

    @property
    def num_batches(self) -> None:
        """Not known before the end."""
        return


def to_numpy(batch: Any) -> Any:
    """The same structure, arrays of whatever kind as NumPy arrays."""
    return tree.map_structure(_to_numpy, batch, none_is_leaf=False)


def _to_numpy(x: Any) -> Any:
    return np.asarray(x) if hasattr(x, "__array__") else x
