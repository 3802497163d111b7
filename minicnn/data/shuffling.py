"""Elements in random order, drawn from a buffer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minicnn.autodiff.seed_generator import draw_key
from minicnn.common.session import temporarily


class _Looking(threading.local):
    only = False


_looking = _Looking()


def only_looking() -> contextlib.AbstractContextManager:
    """Context in which a pass over the data does not change the orders of later passes."""
    return temporarily(_looking, only=True)


def shuffled(elements: Iterable[Any], buffer_size: int, random: np.random.Generator) -> Iterator:
    """Each time a random one of the next `buffer_size` elements that were not drawn yet.

    A buffer as large as the data set gives every order with the same probability; a smaller one
    lets no element come more than `buffer_size - 1` places too early.
    """
    buffer: list[Any] = []
    for element in elements:
        if len(buffer) < buffer_size:
            buffer.append(element)
            continue
        place = random.integers(buffer_size)
        drawn, buffer[place] = buffer[place], element
        yield drawn
    random.shuffle(buffer)
    yield from buffer


class Orders:
    """The random numbers for one pass over the data after another.

    Args:
        seed: the same seed gives the same orders; None takes other ones from the seed that the
            whole program shares.
        changes: whether each pass has another order than the one before.
    """

    def __init__(self, seed: int | None, changes: bool):
        self._seed, self._changes = seed, changes
        self._passes = 0
        self._key: np.ndarray | None = None

    def next(self) -> np.random.Generator:
        """The random numbers for the next pass."""
        if _looking.only:
            return np.random.default_rng(0)
        if self._seed is None:
            if self._key is None or self._changes:
                self._key = draw_key(None)
            return np.random.default_rng(self._key)
        number = self._passes if self._changes else 0
        self._passes += 1
        return np.random.default_rng([number, abs(self._seed), self._seed < 0])
