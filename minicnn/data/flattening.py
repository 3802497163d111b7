"""The elements of many data sets, which a function makes, as one data set."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Self

from minicnn.common.describe import described
from minicnn.data.base import Elements
from minicnn.data.cardinality import INFINITE, UNKNOWN, whole
from minicnn.data.mapping import called
from minicnn.data.specs import spec_of_mapped

_CYCLE_LENGTH = 16


class Flattening(Elements):
    """Data sets that a function makes of the elements, one after another or side by side."""

    def flat_map(self, map_func: Callable) -> Self:
        """The elements of the data sets that a function returns, one after another.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.range(1, 4).flat_map(lambda n: Dataset.range(n)).as_numpy_iterator())
        [np.int64(0), np.int64(0), np.int64(1), np.int64(0), np.int64(1), np.int64(2)]
        """
        return self._flattened("flat_map", map_func, itertools.chain.from_iterable, UNKNOWN)

    def interleave(
        self,
        map_func: Callable,
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> Self:
        """The elements of the data sets that a function returns, in turn from several of them.

        Args:
            map_func: returns a data set for an element.
            cycle_length: how many data sets are read side by side. By default 16 on each machine;
                in `tf.data` it depends on the number of processors.
            block_length: how many elements come from one before the next; 1 by default.
            num_parallel_calls, deterministic: no effect.

        Example:
            >>> from minicnn.data import Dataset
            >>> hundreds = Dataset.range(100, 400, 100)
            >>> mixed = hundreds.interleave(lambda n: Dataset.range(n, n + 3), cycle_length=2)
            >>> [int(x) for x in mixed]
            [100, 200, 101, 201, 102, 202, 300, 301, 302]
        """
        if cycle_length is None or whole("cycle_length", cycle_length) == -1:  # AUTOTUNE
            cycle_length = _CYCLE_LENGTH
        cycle = whole("cycle_length", cycle_length, least=1)
        block = 1 if block_length is None else whole("block_length", block_length, least=1)
        endless = num_parallel_calls is not None and self._count == INFINITE  # as in tf.data
        return self._flattened(
            "interleave",
            map_func,
            lambda passes: interleaved(passes, cycle, block),
            INFINITE if endless else UNKNOWN,
        )

    def _flattened(
        self,
        method: str,
        function: Callable,
        join: Callable[[Iterator[Iterator[Any]]], Iterator[Any]],
        count: int,
    ) -> Self:
        """The data sets that a function makes, joined into one."""

        def data_set(result: Any) -> Elements:
            if not isinstance(result, Elements):
                raise TypeError(
                    f"The function given to `{method}` must return a Dataset. It returned "
                    f"{described(result)}."
                )
            return result

        def passes() -> Iterator[Iterator[Any]]:
            for number, element in enumerate(self._elements()):
                yield data_set(called(method, function, element, number))._elements()

        checked = lambda *parts: data_set(function(*parts))  # noqa: E731
        return self._then(
            lambda: join(passes()),
            count,
            lambda: spec_of_mapped(checked, self.element_spec, self._first).element_spec,
        )


def interleaved(passes: Iterator[Iterator[Any]], cycle: int, block: int) -> Iterator[Any]:
    """Blocks of elements of `cycle` passes in turn.

    Where one has ended, the next pass begins in its place, one turn later.

    >>> "".join(interleaved(map(iter, ["aaa", "b", "cc", "d"]), cycle=2, block=1))
    'abaaccd'
    """
    open_passes: list[Iterator[Any] | None] = [None] * cycle
    some = True
    while some:
        some = False
        for place in range(cycle):
            current = open_passes[place] or next(passes, None)
            if current is not None:
                some = True
                taken = 0
                for element in itertools.islice(current, block):
                    yield element
                    taken += 1
                open_passes[place] = current if taken == block else None
