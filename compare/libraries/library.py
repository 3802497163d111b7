"""The interface of a library that cases are run in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from compare.cases.case import LibraryName, LibraryObject
from compare.cases.functions import Function
from compare.cases.values import Values, draw
from compare.libraries.precision import FLOAT32, Precision


class Library:
    """A library with Keras's names. Subclasses say how gradients are computed.

    `values` and `array` make the arrays that cases are run on.
    """

    keras: ModuleType
    run_eagerly = True  # a graph takes seconds to make
    precision: Precision = FLOAT32

    def layer(self, name: str, settings: Mapping[str, Any]) -> list[Any]:
        """The layer `keras.layers.NAME`, as layers that compute it one after the other."""
        return [self.find(f"layers.{name}")(**self.resolve(dict(settings)))]

    @contextlib.contextmanager
    def computing_in(self, precision: Precision) -> Iterator[None]:
        """Context in which layers compute in a precision, and data are rounded to it."""
        config, before = self.keras.config, self.precision
        policy = config.dtype_policy()
        self.precision = precision
        config.set_dtype_policy(precision.policy)
        try:
            yield
        finally:
            self.precision = before
            config.set_dtype_policy(policy)

    def array(self, x: np.ndarray) -> np.ndarray:
        """Converts drawn numbers to the type that this library computes in."""
        return self.precision.rounded(x)

    def narrowed(self, tensor: Any) -> Any:
        """A tensor of floats in the type that layers give to losses and optimizers."""
        return (
            self.keras.ops.cast(tensor, self.precision.name) if self.precision.is_half else tensor
        )

    def with_rounded_powers(self, optimizer: Any) -> Any:
        """The optimizer; `PerturbedTruth` may change how it computes powers of its settings."""
        return optimizer

    def values(self, described: Any, name: str) -> Any:
        """The arrays for nested descriptions; `name` is the seed."""
        if isinstance(described, Values):
            array = draw(described, name)
            return array if described.fixed else self.array(array)
        if isinstance(described, Function):
            return described.of(self.keras.ops)
        if isinstance(described, (list, tuple)):
            return type(described)(self.values(x, f"{name}/{i}") for i, x in enumerate(described))
        return described

    def tensor(self, array: np.ndarray) -> Any:
        """Converts an array to a tensor of the library."""
        return self.keras.ops.convert_to_tensor(array)

    def symbol(self, shape: Sequence[int | None], dtype: str) -> Any:
        """A tensor without values, if this library's outlines are looked at; else None."""
        return None

    def numpy(self, tensor: Any) -> np.ndarray:
        """Converts a tensor to an array."""
        return np.asarray(self.keras.ops.convert_to_numpy(tensor))

    def layer_by_layer(self) -> contextlib.AbstractContextManager:
        """Context in which every layer computes its own output."""
        return contextlib.nullcontext()

    def find(self, name: str) -> Any:
        """The object `keras.NAME`; the name may have dots."""
        found: Any = self.keras
        for part in name.split("."):
            found = getattr(found, part)
        return found

    def resolve(self, setting: Any) -> Any:
        """Replaces descriptions in a setting by the library's objects."""
        if isinstance(setting, LibraryObject):
            return self.find(setting.name)(**self.resolve(dict(setting.settings)))
        if isinstance(setting, LibraryName):
            return self.find(setting.name)
        if isinstance(setting, dict):
            return {key: self.resolve(value) for key, value in setting.items()}
        if isinstance(setting, Values):
            return self.values(setting, repr(setting))
        if type(setting) in (list, tuple):  # numbers in them are exact in float32
            kept = (int, float)
            return type(setting)(x if isinstance(x, kept) else self.resolve(x) for x in setting)
        return setting

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The gradients of `function(*inputs)` to each input, then to each variable.

        `held_constant` says that something in the function is held constant in its gradient, so
        that central differences of its values are not the gradient.
        """
        raise NotImplementedError

    @contextlib.contextmanager
    def shared_random_numbers(self) -> Iterator[SharedRandomNumbers]:
        """Context in which layers draw from `SharedRandomNumbers`, the same in all libraries."""
        raise NotImplementedError


class SharedRandomNumbers:
    """Random numbers that all libraries share: fixed ones for the first draw, the second, ...

    A draw with a key that was used before gives the same numbers again. So a mask that is drawn
    again in the backward pass is the same only if the backward pass uses the same key.
    """

    def __init__(self) -> None:
        self._keys: dict[bytes | None, int] = {}
        self._next = 0

    def restart(self) -> None:
        """Begin again with the numbers of the first draw."""
        self._next = 0

    def uniform(self, shape: Sequence[int], key: bytes | None = None) -> np.ndarray:
        """Uniform numbers in [0, 1), float32; the same as before if the key was used before."""
        return self._generator(shape, key).random(tuple(shape), "float32")

    def normal(self, shape: Sequence[int], key: bytes | None = None) -> np.ndarray:
        """Normal numbers, N(0, 1), float32; the same as before if the key was used before."""
        return self._generator(shape, key).standard_normal(tuple(shape), "float32")

    def truncated_normal(self, shape: Sequence[int], key: bytes | None = None) -> np.ndarray:
        """Numbers between -2 and 2: normal ones, of which those outside are moved to the ends."""
        return self.normal(shape, key).clip(-2, 2)

    def _generator(self, shape: Sequence[int], key: bytes | None) -> np.random.Generator:
        ordinal = self._keys.get(key)
        if ordinal is None:
            ordinal, self._next = self._next, self._next + 1
        if key is not None:
            self._keys[key] = ordinal
        return np.random.default_rng([ordinal, *map(int, shape)])
