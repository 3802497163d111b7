"""What a case may ask of a library."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from compare.case import Made, Named
from compare.values import Values, draw


class Library:
    """A library with Keras's names. Subclasses say how gradients are asked for.

    `values` and `array` make the arrays that cases are run on.
    """

    keras: ModuleType

    def array(self, x: np.ndarray) -> np.ndarray:
        """Drawn numbers in the type that this library computes in."""
        return x

    def values(self, described: Any, name: str) -> Any:
        """The arrays for a nested description."""
        if isinstance(described, Values):
            array = draw(described, name)
            return array if described.fixed else self.array(array)
        if isinstance(described, (list, tuple)):
            return type(described)(self.values(x, f"{name}/{i}") for i, x in enumerate(described))
        return described

    def tensor(self, array: np.ndarray) -> Any:
        """The array as the library's tensor."""
        return self.keras.ops.convert_to_tensor(array)

    def numpy(self, tensor: Any) -> np.ndarray:
        """The tensor as an array."""
        return np.asarray(self.keras.ops.convert_to_numpy(tensor))

    def find(self, name: str) -> Any:
        """`keras.NAME`, however many dots it has."""
        found: Any = self.keras
        for part in name.split("."):
            found = getattr(found, part)
        return found

    def made(self, setting: Any) -> Any:
        """A setting with the objects of the library that it describes."""
        if isinstance(setting, Made):
            return self.find(setting.name)(**self.made(dict(setting.settings)))
        if isinstance(setting, Named):
            return self.find(setting.name)
        if isinstance(setting, dict):
            return {key: self.made(value) for key, value in setting.items()}
        return setting

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held: bool = False,
    ) -> list[np.ndarray | None]:
        """The gradients of `function(*inputs)` to each input, then to each variable.

        `held` says that the function holds something constant, so that differences of its values
        are not its gradient.
        """
        raise NotImplementedError

    @contextlib.contextmanager
    def shared_draws(self) -> Iterator[Draws]:
        """Inside, random numbers are those of `Draws`, which are the same in all libraries."""
        raise NotImplementedError


class Draws:
    """Random numbers that all libraries share: those of the first drawing, of the second, ...

    Whoever draws with a key that has been used is given the same again. So a mask that is drawn
    once more on the way back is right with its key, and with another one it is not.
    """

    def __init__(self) -> None:
        self._keys: dict[bytes | None, int] = {}
        self._next = 0

    def restart(self) -> None:
        """The next drawing is the first."""
        self._next = 0

    def uniform(self, shape: Sequence[int], key: bytes | None = None) -> np.ndarray:
        """Numbers of [0, 1), float32. With a key that was met before, the same as then."""
        return self._generator(shape, key).random(tuple(shape), "float32")

    def normal(self, shape: Sequence[int], key: bytes | None = None) -> np.ndarray:
        """Numbers of N(0, 1), float32."""
        return self._generator(shape, key).standard_normal(tuple(shape), "float32")

    def _generator(self, shape: Sequence[int], key: bytes | None) -> np.random.Generator:
        ordinal = self._keys.get(key)
        if ordinal is None:
            ordinal, self._next = self._next, self._next + 1
        if key is not None:
            self._keys[key] = ordinal
        return np.random.default_rng([ordinal, *map(int, shape)])
