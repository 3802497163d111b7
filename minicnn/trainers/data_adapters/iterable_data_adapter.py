"""Batches from objects that can be iterated over again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from minicnn.trainers.data_adapters.data_adapter import DataAdapter
from minicnn.trainers.data_adapters.data_adapter_utils import with_class_weights
from minicnn.trainers.data_adapters.generator_data_adapter import to_numpy


class IterableDataAdapter(DataAdapter):
    """The batches of an iterable, from the beginning in every epoch.

    Those of this library (`minicnn.data.Dataset`) may be given `class_weight`, too.
    Other libraries' data sets are of this kind: those of `tf.data`, PyTorch's data loaders.
    """

    def __init__(self, batches: Iterable[Any], class_weight: dict[int, float] | None = None):
        self._batches = batches
        self._class_weight = class_weight

    def get_numpy_iterator(self) -> Iterator[Any]:
        """The batches of one epoch."""
        batches = map(to_numpy, self._batches)
        return batches if self._class_weight is None else map(self._weighted, batches)

    def _weighted(self, batch: Any) -> tuple:
        return with_class_weights(batch, self._class_weight, type(self._batches).__name__)

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch, if the iterable has a length."""
        try:
            return len(self._batches)
        except TypeError:  # no length, or an unknown one
            return None
