"""Data sets made by functions of users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from minicnn.common.describe import described
from minicnn.data.base import Elements
from minicnn.data.cardinality import UNKNOWN
from minicnn.data.elements import as_arrays, as_tensors, called_with
from minicnn.data.specs import spec_of_mapped


class Mapping(Elements):
    """What functions make of the elements."""

    def map(
        self, map_func: Callable, num_parallel_calls: Any = None, deterministic: Any = None
    ) -> Self:
        """What a function makes of each element; it sees tensors.

        The parts of a tuple are separate arguments. The function may return tensors, arrays and
        numbers, in tuples and dicts. A list is returned as a tuple.

        >>> from minicnn.data import Dataset
        >>> pairs = Dataset.from_tensor_slices(([1.0, 2.0], [3.0, 4.0]))
        >>> list(pairs.map(lambda x, y: {"sum": x + y}).as_numpy_iterator())
        [{'sum': np.float32(4.0)}, {'sum': np.float32(6.0)}]

        Raises:
            ValueError: the function raised an error; says at which element.
        """
        return self._then(
            lambda: _mapped(self._elements(), map_func),
            spec=lambda: spec_of_mapped(map_func, self.element_spec, self._first),
        )

    def filter(self, predicate: Callable) -> Self:
        """The elements for which a function returns True.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.range(5).filter(lambda x: x % 2 == 0).as_numpy_iterator())
        [np.int64(0), np.int64(2), np.int64(4)]
        """
        return self._then(
            lambda: (
                element
                for number, element in enumerate(self._elements())
                if bool(called("filter", predicate, element, number))
            ),
            count=UNKNOWN,
        )

    def take_while(self, predicate: Callable) -> Self:
        """The elements before the first for which a function returns False.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.range(9).take_while(lambda x: x < 2).as_numpy_iterator())
        [np.int64(0), np.int64(1)]
        """

        def elements() -> Iterator[Any]:
            for number, element in enumerate(self._elements()):
                if not bool(called("take_while", predicate, element, number)):
                    return
                yield element

        return self._then(elements, count=UNKNOWN)

    def apply(self, transformation_func: Callable[[Self], Any]) -> Self:
        """`transformation_func(dataset)`."""
        return transformation_func(self)

    def reduce(self, initial_state: Any, reduce_func: Callable) -> Any:
        """The last state: each is `reduce_func(state before, element)`.

        >>> import numpy as np
        >>> from minicnn.data import Dataset
        >>> Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x)
        Tensor(10, dtype=int64)
        """
        state = as_tensors(as_arrays(initial_state))
        for element in self:
            state = as_tensors(as_arrays(reduce_func(state, element)))
        return state


def _mapped(elements: Iterator[Any], function: Callable) -> Iterator[Any]:
    for number, element in enumerate(elements):
        yield as_arrays(called("map", function, element, number))


def called(method: str, function: Callable, element: Any, number: int) -> Any:
    """What a function of users returns for an element; an error says for which one."""
    try:
        return called_with(function, as_tensors(element))
    except Exception as error:
        raise ValueError(
            f"The function given to `{method}` raised {type(error).__name__} at element {number} "
            f"({described(element)}): {error}"
        ) from error
