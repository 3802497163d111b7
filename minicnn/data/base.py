"""What all data sets are: something to iterate over again and again, of known shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Self

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.data.cardinality import INFINITE, UNKNOWN
from minicnn.data.elements import as_tensors, check_arrays
from minicnn.data.shuffling import only_looking


class Elements:
    """A source of elements.

    Args:
        elements: begins a pass over the elements, which are arrays in tuples and dicts.
        count: how many there are, or `INFINITE_CARDINALITY` or `UNKNOWN_CARDINALITY`.
        spec: returns a `TensorSpec` for each array of an element.
    """

    def __init__(self, elements: Callable[[], Iterator[Any]], count: int, spec: Callable[[], Any]):
        self._elements = elements
        self._count = count
        self._spec = spec

    def _then(
        self,
        elements: Callable[[], Iterator[Any]],
        count: int | None = None,
        spec: Callable[[], Any] | None = None,
    ) -> Self:
        """A data set made of this one: with as many elements and their shapes, unless given."""
        own = lambda: self.element_spec  # noqa: E731
        return type(self)(elements, self._count if count is None else count, spec or own)

    def _first(self) -> Any:
        """An element to look at, which changes nothing for later passes."""
        with only_looking():
            for element in self._elements():
                return element
        raise ValueError(
            "The shapes of this data set cannot be known: it has no elements, and a function that "
            "makes them needs values (`int`, `numpy`, a loop)."
        )

    def as_numpy_iterator(self) -> Iterator[Any]:
        """One pass over the elements, as NumPy arrays and numbers."""
        return map(_as_numpy, self._elements())

    @cached_property
    def element_spec(self) -> Any:
        """A `TensorSpec` for each array of an element, in the structure of the elements."""
        return self._spec()

    def cardinality(self) -> Tensor:
        """The number of elements, `INFINITE_CARDINALITY` (-1) or `UNKNOWN_CARDINALITY` (-2)."""
        return Tensor(np.array(self._count, "int64"))

    def __len__(self) -> int:
        if self._count < 0:
            kind = "infinite" if self._count == INFINITE else "unknown"
            raise TypeError(f"The length of the data set is {kind}; see `cardinality`.")
        return self._count

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return map(as_tensors, self._elements())

    def __repr__(self) -> str:
        kinds = {INFINITE: "without end", UNKNOWN: "of unknown length"}
        return f"<Dataset, {kinds.get(self._count, f'{self._count} elements')}>"


def _as_numpy(element: Any) -> Any:
    check_arrays("as_numpy_iterator", element)
    return tree.map_structure(lambda x: np.array(x)[()], element, none_is_leaf=False)
