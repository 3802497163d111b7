"""Shapes and types of a data set's elements, known without making one wherever that is possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common.dtypes import standardize_dtype
from minicnn.data.cardinality import UNKNOWN
from minicnn.data.elements import as_arrays, as_tensors, called_with, is_data_set
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import outline

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class TensorSpec:
    """Shape and type of one part of the elements; lengths that differ are None.

    >>> TensorSpec((None, 28, 28), "uint8")
    TensorSpec(shape=(None, 28, 28), dtype='uint8', name=None)
    """

    shape: Any = None
    dtype: Any = "float32"
    name: str | None = None

    def __post_init__(self) -> None:
        shape = None if self.shape is None else tuple(self.shape)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "dtype", standardize_dtype(self.dtype))

    def symbolic(self) -> KerasTensor:
        """A symbolic tensor of this shape and type."""
        return KerasTensor(self.shape, self.dtype)


@dataclass(frozen=True)
class DatasetSpec:
    """What the elements of a data set are that stands in an element itself."""

    element_spec: Any
    kind: type = field(repr=False, compare=False)

    def symbolic(self) -> Any:
        """A data set of such elements, none of which is there."""
        return self.kind(_no_elements, UNKNOWN, lambda: self.element_spec)


def _no_elements() -> Any:
    raise TypeError("A symbolic data set has no elements.")


def spec_of(element: Any) -> Any:
    """The specs of an element that is there."""

    def spec(x: Any) -> TensorSpec | DatasetSpec:
        if is_data_set(x):
            return DatasetSpec(x.element_spec, type(x))
        return TensorSpec(x.shape, "string" if x.dtype.kind in "US" else x.dtype)

    return tree.map_structure(spec, element, none_is_leaf=False)


def with_shapes(spec: Any, change: Callable[[Shape], Shape]) -> Any:
    """The specs with other shapes. Those that are not known stay so."""

    def changed(one: TensorSpec | DatasetSpec) -> TensorSpec | DatasetSpec:
        if isinstance(one, DatasetSpec) or one.shape is None:
            return one
        return TensorSpec(change(one.shape), one.dtype)

    return tree.map_structure(changed, spec, none_is_leaf=False)


def common_spec(first: Any, second: Any) -> Any:
    """The specs that the elements of two data sets fit; lengths that differ are None.

    Raises:
        ValueError, TypeError: elements of other structures or types.
    """

    def common(one: Any, other: Any) -> TensorSpec | DatasetSpec:
        if one == other:
            return one
        if isinstance(one, DatasetSpec) and isinstance(other, DatasetSpec):
            return DatasetSpec(common_spec(one.element_spec, other.element_spec), one.kind)
        if getattr(one, "dtype", None) != getattr(other, "dtype", None):
            raise TypeError(f"The data sets have elements of unequal types: {one} and {other}.")
        if None in (one.shape, other.shape) or len(one.shape) != len(other.shape):
            return TensorSpec(None, one.dtype)
        pairs = zip(one.shape, other.shape, strict=True)
        return TensorSpec([n if n == m else None for n, m in pairs], one.dtype)

    return tree.map_structure(common, first, second, none_is_leaf=False)


def spec_of_mapped(function: Callable, spec: Any, first: Callable[[], Any]) -> Any:
    """The specs of what a function returns.

    They are found on symbolic tensors. A function that needs values, such as one of plain NumPy,
    is called on the first element instead.
    """
    try:
        found = outline(_symbolic_result, function, spec)
    except Exception:  # whatever a function of users raises when it gets no values
        return _spec_at(function, spec, first())
    return tree.map_structure(
        lambda x: x if isinstance(x, DatasetSpec) else TensorSpec(x.shape, x.dtype),
        found,
        none_is_leaf=False,
    )


def _symbolic_result(function: Callable, spec: Any) -> Any:
    """What a function makes of symbolic tensors: others and specs of data sets, nothing else."""
    symbolic = tree.map_structure(lambda one: one.symbolic(), spec, none_is_leaf=False)
    result = called_with(function, symbolic)
    result = tree.map_structure(lambda x: spec_of(x) if is_data_set(x) else x, result)
    leaves = [leaf for leaf in _leaves(result) if leaf is not None]
    if not all(isinstance(leaf, (KerasTensor, DatasetSpec)) for leaf in leaves):
        raise TypeError("The function returns something else than symbolic tensors.")
    return result


def _leaves(part: Any) -> list:
    """The leaves of a dict or tuple; a list is a leaf."""
    if isinstance(part, dict):
        part = tuple(part.values())
    return [leaf for each in part for leaf in _leaves(each)] if isinstance(part, tuple) else [part]


def _spec_at(function: Callable, spec: Any, element: Any) -> Any:
    found = spec_of(as_arrays(called_with(function, as_tensors(element))))
    batched = all(
        isinstance(one, TensorSpec) and one.shape and one.shape[0] is None
        for one in tree.flatten(spec)
        if one
    )
    rows = {len(x) for x in tree.flatten(element) if isinstance(x, np.ndarray) and x.ndim}
    return with_shapes(
        found,
        lambda shape: (None, *shape[1:]) if batched and shape and shape[0] in rows else shape,
    )
