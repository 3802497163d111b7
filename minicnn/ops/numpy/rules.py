"""Rules of shapes and types that many operations share.

Type rules take and give names ("float32"); shape rules take and give tuples, None for unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.common import configuration, dtypes
from minicnn.common.shapes import Shape
from minicnn.ops.define import specs
from minicnn.ops.symbolic.keras_tensor import KerasTensor

_ACCUMULATORS = {
    "bool": "int32",
    "int8": "int32",
    "int16": "int32",
    "uint8": "uint32",
    "uint16": "uint32",
}


def accumulator(dtype: Any) -> str:
    """The type of a sum of many elements: small integers are summed in 32 bits."""
    name = dtypes.standardize_dtype(dtype)
    return _ACCUMULATORS.get(name, name)


def counted(dtype: Any) -> str:
    """The type itself, but int32 for booleans."""
    name = dtypes.standardize_dtype(dtype)
    return "int32" if name == "bool" else name


def floating(dtype: Any) -> str:
    """The type itself if it is a float, else the float type that an integer is promoted to."""
    return dtypes.result_type(dtype, float)


def wide_floating(dtype: Any) -> str:
    """As `floating`, but int64, which float32 cannot hold, becomes float64."""
    name = dtypes.standardize_dtype(dtype)
    if name == "int64":
        return "float64"
    return configuration.floatx() if dtypes.is_int_dtype(name) or name == "bool" else name


def typed(type_rule: Callable[[Any], str], shape_rule: Callable = specs.elementwise) -> Callable:
    """Makes a spec function from a type rule and a shape rule."""

    def spec(*xs: Any, **settings: Any) -> KerasTensor:
        y = shape_rule(*xs, **settings)
        return KerasTensor(y.shape, type_rule(y.dtype))

    return spec


def cast(x: np.ndarray, type_rule: Callable[[Any], str]) -> np.ndarray:
    """The array cast to `type_rule` of its type."""
    return x.astype(dtypes.numpy_dtype(type_rule(x.dtype)), copy=False)


def product(compute: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """`compute(*arrays)`, a sum of products; int8 arrays are computed in int32, as in Keras."""
    if arrays[0].dtype == np.int8:
        return compute(*(x.astype("int32") for x in arrays))
    return compute(*arrays)


def as_axis(axis: Any) -> int | tuple[int, ...] | None:
    """The axes as NumPy takes them: a list becomes a tuple."""
    return tuple(axis) if isinstance(axis, Sequence | np.ndarray) else axis


def canonical_axis(axis: int, ndim: int) -> int:
    """The axis counted from the front."""
    if isinstance(axis, (list, tuple)):
        raise TypeError(f"Expected one axis, a whole number. Received: axis={axis!r}")
    return specs.normalize_axes(axis, ndim)[0]


def total(lengths: Sequence[int | None]) -> int | None:
    """Product of the lengths, unknown if one of them is."""
    return None if None in lengths else math.prod(lengths)


def same_except(shape1: Shape, shape2: Shape, *axes: int) -> bool:
    """Whether two shapes agree apart from the given axes (unknown lengths agree with all)."""
    if len(shape1) != len(shape2):
        return False
    free = {axis % len(shape1) for axis in axes} if shape1 else set()
    pairs = enumerate(zip(shape1, shape2, strict=True))
    return all(i in free or None in (a, b) or a == b for i, (a, b) in pairs)
