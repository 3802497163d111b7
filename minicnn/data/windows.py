"""Windows over the elements: short data sets of neighbouring ones."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterator
from typing import Any, Self

from minicnn import tree
from minicnn.data import cardinality
from minicnn.data.base import Elements
from minicnn.data.batching import leaf_by_leaf
from minicnn.data.cardinality import whole
from minicnn.data.specs import DatasetSpec


class Windows(Elements):
    """Neighbouring elements together."""

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False
    ) -> Self:
        """Data sets of `size` elements each; of tuples and dicts a data set for each array.

        Args:
            size: elements in a window; the last windows may be smaller.
            shift: from the beginning of a window to that of the next; `size` by default.
            stride: from an element of a window to its next.
            drop_remainder: whether to leave out windows that are smaller.

        Example:
            >>> from minicnn.data import Dataset
            >>> windows = Dataset.range(5).window(3, shift=1, drop_remainder=True)
            >>> list(windows.flat_map(lambda window: window.batch(3)).as_numpy_iterator())
            [array([0, 1, 2]), array([1, 2, 3]), array([2, 3, 4])]
        """
        size = whole("size", size, least=1)
        shift = size if shift is None else whole("shift", shift, least=1)
        stride = whole("stride", stride, least=1)

        def data_set(parts: list, path: tuple) -> Any:
            spec = lambda: functools.reduce(operator.getitem, path, self.element_spec)  # noqa: E731
            return None if parts[0] is None else self._then(lambda: iter(parts), len(parts), spec)

        return self._then(
            lambda: (
                leaf_by_leaf(some, data_set)
                for some in windows(self._elements(), size, shift, stride, drop_remainder)
            ),
            cardinality.windows(self._count, size, shift, stride, drop_remainder),
            lambda: tree.map_structure(
                lambda one: DatasetSpec(one, type(self)), self.element_spec, none_is_leaf=False
            ),
        )


def windows(
    elements: Iterator[Any], size: int, shift: int, stride: int, drop_remainder: bool
) -> Iterator[list]:
    """Lists of `size` elements that are `stride` apart, beginning every `shift` elements.

    >>> list(windows(iter(range(6)), size=2, shift=2, stride=3, drop_remainder=False))
    [[0, 3], [2, 5], [4]]
    """
    span = (size - 1) * stride + 1  # from the first element of a window to its last
    following: list[Any] = []
    while True:
        following += itertools.islice(elements, max(span - len(following), 0))
        if not following or (drop_remainder and len(following) < span):
            return
        yield following[::stride]
        following += itertools.islice(elements, max(shift - len(following), 0))
        del following[:shift]
