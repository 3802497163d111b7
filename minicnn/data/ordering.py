"""Data sets of the same elements in another order, of some of them, or several times."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from minicnn.common.describe import described
from minicnn.data import cardinality
from minicnn.data.base import Elements
from minicnn.data.cardinality import whole
from minicnn.data.shuffling import Orders, shuffled
from minicnn.data.specs import TensorSpec, common_spec


class Ordering(Elements):
    """Which elements come when."""

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None
    ) -> Self:
        """The elements in random order.

        The next `buffer_size` elements are kept in memory, and one of them is drawn at a time. So
        the order is only random as a whole if all elements fit in.

        Args:
            buffer_size: the number of elements to draw from.
            seed: the same seed gives the same orders. None takes the seed of the whole program,
                `utils.set_random_seed`.
            reshuffle_each_iteration: whether each pass over the data has another order (default).
        """
        size = whole("buffer_size", buffer_size, least=1)
        orders = Orders(
            None if seed is None else whole("seed", seed), reshuffle_each_iteration is not False
        )
        return self._then(lambda: shuffled(self._elements(), size, orders.next()))

    def repeat(self, count: Any = None) -> Self:
        """The elements `count` times, or without end (None or -1)."""
        times = None if count is None else whole("count", count)
        endless = times is None or times < 0

        def elements() -> Iterator[Any]:
            for _ in itertools.count() if endless else range(times):
                some = False
                for element in self._elements():
                    some = True
                    yield element
                if not some:
                    return

        return self._then(elements, cardinality.repeated(self._count, times))

    def take(self, count: Any) -> Self:
        """The first elements; all for -1."""
        most = whole("count", count)
        if most < 0:
            return self._then(self._elements)
        return self._then(
            lambda: itertools.islice(self._elements(), most), cardinality.taken(self._count, most)
        )

    def skip(self, count: Any) -> Self:
        """Without the first elements; without any for -1."""
        first = whole("count", count)
        if first < 0:
            return self._then(lambda: iter(()), 0)
        return self._then(
            lambda: itertools.islice(self._elements(), first, None),
            cardinality.skipped(self._count, first),
        )

    def shard(self, num_shards: Any, index: Any) -> Self:
        """Every `num_shards`-th element, from `index` on."""
        step, start = whole("num_shards", num_shards, least=1), whole("index", index, least=0)
        if start >= step:
            raise ValueError(
                f"`index` must be less than `num_shards`. Received: index={start}, "
                f"num_shards={step}"
            )
        left = cardinality.skipped(self._count, start)
        return self._then(
            lambda: itertools.islice(self._elements(), start, None, step),
            cardinality.batches(left, step, drop_remainder=False),
        )

    def enumerate(self, start: Any = 0) -> Self:
        """Pairs of a number and an element.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.from_tensor_slices(["a", "b"]).enumerate(1).as_numpy_iterator())
        [(np.int64(1), np.str_('a')), (np.int64(2), np.str_('b'))]
        """
        first = whole("start", start)
        return self._then(
            lambda: zip(_numbers(first), self._elements(), strict=False),
            spec=lambda: (TensorSpec((), "int64"), self.element_spec),
        )

    def concatenate(self, dataset: Elements) -> Self:
        """These elements, then those of another data set."""
        if not isinstance(dataset, Elements):
            raise TypeError(f"`concatenate` takes a data set. Received: {described(dataset)}")
        return self._then(
            lambda: itertools.chain(self._elements(), dataset._elements()),
            cardinality.joined(self._count, dataset._count),
            lambda: common_spec(self.element_spec, dataset.element_spec),
        )


def _numbers(first: int) -> Iterator[np.ndarray]:
    return (np.array(number, "int64") for number in itertools.count(first))
