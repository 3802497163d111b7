"""Batches from a `PyDataset`, made one by one or ahead in threads."""

from __future__ import annotations

import itertools
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from minicnn.common.describe import described
from minicnn.trainers.data_adapters.data_adapter import DataAdapter
from minicnn.trainers.data_adapters.data_adapter_utils import with_class_weights
from minicnn.trainers.data_adapters.generator_data_adapter import to_numpy
from minicnn.trainers.data_adapters.py_dataset import PyDataset, complete
from minicnn.trainers.data_adapters.shuffling import permutation

__all__ = ["PyDataset", "PyDatasetAdapter"]


class PyDatasetAdapter(DataAdapter):
    """The batches of a `PyDataset`.

    Args:
        x: the data set.
        class_weight: class index to weight; the data set must not give sample weights then.
        shuffle: whether to take the batches in another order in every epoch; an endless data set
            is always read from 0.
    """

    def __init__(
        self, x: PyDataset, class_weight: dict[int, float] | None = None, shuffle: bool = False
    ):
        complete(x)
        if x.use_multiprocessing:
            warnings.warn(
                f"{type(x).__name__}: `use_multiprocessing=True` is not supported; the batches are "
                f"made in {x.workers} threads of this process instead.",
                stacklevel=2,
            )
        if x.num_batches == 0:
            raise ValueError(f"Empty data: the {type(x).__name__} has 0 batches.")
        self.py_dataset = x
        self.class_weight = class_weight
        self.shuffle = shuffle

    def get_numpy_iterator(self) -> Iterator[Any]:
        """The batches of one epoch, or all batches of an endless data set."""
        batches = self._threaded() if self.py_dataset.workers > 1 else self._one_by_one()
        for batch in batches:
            yield to_numpy(self._standardize(batch))

    def _indices(self) -> Iterable[int]:
        count = self.num_batches
        if count is None:
            return itertools.count()
        return permutation(count).tolist() if self.shuffle else range(count)

    def _one_by_one(self) -> Iterator[Any]:
        return (self.py_dataset[index] for index in self._indices())

    def _threaded(self) -> Iterator[Any]:
        """In the order of the indices, at most `max_queue_size` batches ahead."""
        workers = self.py_dataset.workers
        pool = ThreadPoolExecutor(workers, thread_name_prefix=type(self.py_dataset).__name__)
        pending: deque = deque()
        try:
            for index in self._indices():
                pending.append(pool.submit(self.py_dataset.__getitem__, index))
                if len(pending) >= max(workers, self.py_dataset.max_queue_size):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _standardize(self, batch: Any) -> Any:
        if isinstance(batch, dict):
            return batch
        if isinstance(batch, list):
            batch = tuple(batch)
        elif hasattr(batch, "__array__"):
            batch = (batch,)
        name = type(self.py_dataset).__name__
        if not isinstance(batch, tuple) or not 1 <= len(batch) <= 3:
            raise ValueError(
                f"{name}.__getitem__() must return a tuple or a dict. If a tuple, it must be "
                "ordered either (input,) or (inputs, targets) or (inputs, targets, "
                f"sample_weights). Received {described(batch)}."
            )
        if self.class_weight is None or len(batch) == 1:
            return batch
        return with_class_weights(batch, self.class_weight, name)

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch, None if the data set is endless."""
        return self.py_dataset.num_batches

    def on_epoch_begin(self) -> None:
        """Tells the data set."""
        self.py_dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Tells the data set."""
        self.py_dataset.on_epoch_end()
