"""Shapes and types of a data set's elements, known without making one wherever that is possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.common.dtypes import standardize_dtype
from minicnn.data.elements import as_arrays, as_tensors, called_with
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


def spec_of(element: Any) -> Any:
    """The specs of an element that is there."""
    return tree.map_structure(
        lambda x: TensorSpec(x.shape, "string" if x.dtype.kind in "US" else x.dtype),
        element,
        none_is_leaf=False,
    )


def with_shapes(spec: Any, change: Callable[[Shape], Shape]) -> Any:
    """The specs with other shapes. Those that are not known stay so."""

    def changed(one: TensorSpec) -> TensorSpec:
        return one if one.shape is None else TensorSpec(change(one.shape), one.dtype)

    return tree.map_structure(changed, spec, none_is_leaf=False)


def spec_of_mapped(function: Callable, spec: Any, first: Callable[[], Any]) -> Any:
    """The specs of what a function returns.

    They are found on symbolic tensors. A function that needs values, such as one of plain NumPy,
    is called on the first element instead.
    """
    symbolic = tree.map_structure(
        lambda one: KerasTensor(one.shape, one.dtype), spec, none_is_leaf=False
    )
    try:
        found = outline(_symbolic_result, function, symbolic)
    except Exception:  # whatever a function of users raises when it gets no values
        return _spec_at(function, spec, first())
    return tree.map_structure(lambda x: TensorSpec(x.shape, x.dtype), found, none_is_leaf=False)


def _symbolic_result(function: Callable, symbolic: Any) -> Any:
    """What a function makes of symbolic tensors, if these are all that it makes."""
    result = called_with(function, symbolic)
    leaves = [leaf for leaf in _leaves(result) if leaf is not None]
    if not all(isinstance(leaf, KerasTensor) for leaf in leaves):
        raise TypeError("The function returns something else than symbolic tensors.")
    return result


def _leaves(part: Any) -> list:
    """The leaves of a dict or tuple; a list is a leaf."""
    if isinstance(part, dict):
        part = tuple(part.values())
    return [leaf for each in part for leaf in _leaves(each)] if isinstance(part, tuple) else [part]


def _spec_at(function: Callable, spec: Any, element: Any) -> Any:
    found = spec_of(as_arrays(called_with(function, as_tensors(element))))
    batched = all(one.shape and one.shape[0] is None for one in tree.flatten(spec) if one)
    rows = {np.shape(x)[0] for x in tree.flatten(element) if x is not None and np.ndim(x)}
    return with_shapes(
        found,
        lambda shape: (None, *shape[1:]) if batched and shape and shape[0] in rows else shape,
    )
