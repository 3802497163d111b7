"""`Dataset`: elements that are made one by one, again and again, with the methods of `tf.data`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from minicnn.data import caching
from minicnn.data.batching import Batching
from minicnn.data.cardinality import whole
from minicnn.data.flattening import Flattening
from minicnn.data.mapping import Mapping
from minicnn.data.ordering import Ordering
from minicnn.data.sources import Sources
from minicnn.data.windows import Windows

AUTOTUNE = -1
"""Accepted as `num_parallel_calls` and as the size of `prefetch`."""


class Dataset(Sources, Mapping, Flattening, Batching, Windows, Ordering):
    """Elements of a data set: tensors, or tuples and dicts of tensors.

    Nothing is read or computed before the data set is iterated over, and only what is needed for
    the next element. It can be iterated over again and again. Each method returns a new data set.
    `fit`, `evaluate`, `predict` and `adapt` take one whose elements are batches.

    The names and meanings are those of `tf.data`. All is done in the calling thread, so that the
    same seed gives the same results: `num_parallel_calls`, `deterministic` and `prefetch` are
    accepted and have no effect.

    Data sets are made by `from_tensor_slices`, `from_tensors`, `range`, `from_generator`,
    `list_files`, `zip`, and by `utils.image_dataset_from_directory`,
    `utils.timeseries_dataset_from_array` and `utils.split_dataset`.

    Example:
        >>> dataset = Dataset.range(5).map(lambda x: x * x).batch(2)
        >>> for batch in dataset:
        ...     print(batch)
        Tensor([0, 1], dtype=int64)
        Tensor([4, 9], dtype=int64)
        Tensor([16], dtype=int64)
        >>> len(dataset), dataset.element_spec
        (3, TensorSpec(shape=(None,), dtype='int64', name=None))
    """

    def cache(self, filename: Any = "") -> Self:
        """Keeps the elements of the first whole pass, in memory or in a file, for all later ones.

        Do not shuffle before it, or every pass has the order of the first one.
        """
        name = str(filename)
        kept = caching.InFile(Path(name), lambda: self.element_spec) if name else caching.InMemory()
        return self._then(lambda: kept.read_or_make(self._elements))

    def prefetch(self, buffer_size: Any = AUTOTUNE) -> Self:
        """The same elements; see the note on threads in the description of the class."""
        whole("buffer_size", buffer_size)
        same = self._then(self._elements)
        if hasattr(self, "_batch_size"):
            same._batch_size = self._batch_size
        return same

    def with_options(self, options: Any) -> Self:
        """The same data set; the options, which are about threads and speed, have no effect."""
        return self


def check_format(format: str) -> None:
    """Refuses other values of Keras's argument `format` than its two."""
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
