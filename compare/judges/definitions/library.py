"""A library of definitions, with the interface of the others, so that the same code runs it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from compare.judges.definitions import layers, losses, operations, optimizers
from compare.judges.definitions.activations import penalties
from compare.judges.definitions.undefined import Undefined
from compare.judges.definitions.weight import Weight
from compare.judges.differences import ByDifferences
from compare.libraries.library import SharedRandomNumbers

TABLES = {
    "ops": operations.DEFINITIONS,
    "losses": losses.DEFINITIONS,
    "layers": layers.DEFINITIONS,
    "optimizers": optimizers.DEFINITIONS,
    "regularizers": {
        "L1": lambda l1=0.01: penalties(l1=l1),
        "L2": lambda l2=0.01: penalties(l2=l2),
        "L1L2": penalties,
    },
}
# Not defined, as cases give the weights, and layers do not apply constraints.
NOT_APPLIED = ("initializers", "constraints")


def flatten(nested: Any) -> list[Any]:
    """The leaves of nested lists and tuples."""
    if isinstance(nested, (list, tuple)):
        return [leaf for item in nested for leaf in flatten(item)]
    return [nested]


def pack_sequence_as(structure: Any, leaves: Sequence[Any]) -> Any:
    """The leaves, nested as in the structure."""
    remaining = iter(leaves)

    def packed(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            return type(part)(map(packed, part))
        return next(remaining)

    return packed(structure)


def map_structure(function: Callable, structure: Any) -> Any:
    """The function's results for the leaves, nested as they are."""
    return pack_sequence_as(structure, [function(leaf) for leaf in flatten(structure)])


class Defined(ByDifferences):
    """The definitions, computed in `dtype`. Only float64 computes gradients.

    `beside` moves the inputs to the point whose gradient is that of the inputs by convention.
    """

    keras: Any = SimpleNamespace(
        tree=SimpleNamespace(
            flatten=flatten, pack_sequence_as=pack_sequence_as, map_structure=map_structure
        ),
        saving=SimpleNamespace(serialize_keras_object=lambda thing: {}),
        Variable=Weight,
    )

    def __init__(self, dtype: str, beside: Callable | None = None):
        self.dtype, self.beside = dtype, beside

    def array(self, x: np.ndarray) -> np.ndarray:
        """Converts floats to the type that is computed in."""
        return x.astype(self.dtype) if x.dtype.kind == "f" else x

    def values(self, described: Any, name: str) -> Any:
        """As in `Library`; labels, too, are of the type that is computed in."""
        found = super().values(described, name)
        return self.array(found) if isinstance(found, np.ndarray) else found

    def tensor(self, array: np.ndarray) -> np.ndarray:
        """The array itself."""
        return array

    def numpy(self, tensor: Any) -> np.ndarray:
        """A copy of the array or of a weight's value."""
        return np.array(tensor)

    def find(self, name: str) -> Any:
        """The definition of `keras.NAME`."""
        kind, _, name = name.partition(".")
        if kind in NOT_APPLIED:
            return lambda **settings: None
        if name not in TABLES.get(kind, {}):
            raise Undefined(f"{kind}.{name}")
        return _with_its_arguments_only(TABLES[kind][name])

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[Any]:
        """As in `ByDifferences`; in float32 none are computed."""
        if self.dtype == "float32":
            return [None] * (len(inputs) + len(variables))
        points = [*map(self.beside, inputs)] if self.beside else inputs
        return super().differentiate(function, points, variables, cotangents)

    @contextlib.contextmanager
    def shared_random_numbers(self) -> Iterator[SharedRandomNumbers]:
        """Context in which layers draw from the numbers that all libraries share."""
        with layers.drawing_from(SharedRandomNumbers()) as draws:
            yield draws


def _with_its_arguments_only(definition: Callable) -> Callable:
    """The definition; raises `Undefined` for arguments that it does not have."""

    def checked(*args: Any, **kwargs: Any) -> Any:
        try:
            inspect.signature(definition).bind(*args, **kwargs)
        except TypeError as error:
            raise Undefined(f"{definition.__name__}: {error}") from None
        return definition(*args, **kwargs)

    return checked
