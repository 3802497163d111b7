"""A data set of one's own."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """Base of data sets that make each batch when it is needed.

    A subclass has `__getitem__(index)`, which returns a whole batch (a tuple `(inputs,)`,
    `(inputs, targets)` or `(inputs, targets, sample_weights)`), and `__len__`, the number of
    batches; or, instead of `__len__`, a property `num_batches`, which is None for an endless data
    set. `on_epoch_begin` and `on_epoch_end` are called around each epoch.

    `fit`, `evaluate` and `predict` read ahead in threads if `workers` is greater than 1. Threads
    overlap waiting (files, network) and whatever NumPy computes outside of Python's lock; the
    order of batches does not depend on them.

    Args:
        workers: threads that make batches; with 0 or 1, batches are made one by one when needed.
        use_multiprocessing: accepted for Keras's sake. Threads are used all the same, and a
            warning says so.
        max_queue_size: batches made ahead at most.

    Example:
        >>> import numpy as np
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         x = np.arange(2) + 2 * index
        ...         return x, x**2
        >>> [y.tolist() for x, y in Squares()]
        [[0, 1], [4, 9], [16, 25]]
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch at position `index`."""
        raise NotImplementedError(
            f"{type(self).__name__} must implement `__getitem__(self, index)`, which returns the "
            "batch at that index."
        )

    def __iter__(self) -> Iterator[Any]:
        try:
            count = self.num_batches
        except NotImplementedError:
            count = None
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """Number of batches, None if there is no end to them."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__} must implement `__len__` (the number of batches), or a "
            "property `num_batches` (None for an endless data set)."
        )

    def on_epoch_begin(self) -> None:
        """Called at the beginning of every epoch."""

    def on_epoch_end(self) -> None:
        """Called at the end of every epoch."""


def complete(dataset: PyDataset) -> None:
    """Stands in for a `super().__init__()` that the subclass forgot."""
    if hasattr(dataset, "workers"):
        return
    warnings.warn(
        f"{type(dataset).__name__} should call `super().__init__(**kwargs)` in its `__init__`, "
        "where kwargs may hold `workers`, `use_multiprocessing` and `max_queue_size`.",
        stacklevel=3,
    )
    PyDataset.__init__(dataset)
