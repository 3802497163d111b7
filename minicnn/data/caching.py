"""Elements kept after the first pass over the data, in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common.atomic import atomic_file
from minicnn.data.elements import check_arrays


class InMemory:
    """Keeps the elements once a pass went through all of them."""

    def __init__(self) -> None:
        self._kept: list[Any] | None = None

    def read_or_make(self, elements: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """The kept elements, or those that are made and will be kept."""
        if self._kept is not None:
            yield from self._kept
            return
        made = []
        for element in elements():
            made.append(element)
            yield element
        self._kept = made


class InFile:
    """Writes the elements into a file, which exists once a pass went through all of them."""

    def __init__(self, path: Path, structure: Callable[[], Any]):
        self._path, self._structure = path, structure

    def read_or_make(self, elements: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """The elements of the file, or those that are made and written."""
        return self._read() if self._path.exists() else self._make(elements())

    def _make(self, elements: Iterator[Any]) -> Iterator[Any]:
        with atomic_file(self._path) as file:
            for element in elements:
                check_arrays("cache", element)
                for leaf in tree.flatten(element):
                    if leaf is not None:
                        np.lib.format.write_array(file, leaf, allow_pickle=False)
                yield element

    def _read(self) -> Iterator[Any]:
        structure = self._structure()
        with self._path.open("rb") as file:
            while file.peek(1):
                yield tree.map_structure(
                    lambda _: np.lib.format.read_array(file, allow_pickle=False),
                    structure,
                    none_is_leaf=False,
                )
