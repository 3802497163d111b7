"""The first value of a variable: given, or made by an initializer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.autodiff.array_like import ArrayLike
from minicnn.autodiff.tensor import Tensor
from minicnn.common import configuration, dtypes
from minicnn.common.shapes import standardize_shape


class lookup:
    """What the packages above this one set here."""

    find_initializer: Callable[[str], Any]
    """`initializers.get`."""


def first_value(initializer: Any, shape: Any, dtype: str | None) -> np.ndarray:
    if isinstance(initializer, str):
        initializer = lookup.find_initializer(initializer)
    if not callable(initializer) or isinstance(initializer, ArrayLike):
        return _given_value(initializer, shape, dtype)
    if shape is None:
        raise ValueError(
            "When creating a Variable from an initializer, the `shape` argument should be "
            f"specified. Received: initializer={initializer} and shape={shape}"
        )
    return first_array(initializer, standardize_shape(shape), dtypes.standardize_dtype(dtype))


def first_array(initializer: Any, shape: tuple, dtype: str) -> np.ndarray:
    """What an initializer gives for a shape and a type."""
    return as_array(initializer(shape, dtype=dtype), np.dtype(dtype))


def _given_value(value: Any, shape: Any, dtype: str | None) -> np.ndarray:
    array = np.asarray(value)
    if dtype is None and not hasattr(value, "dtype") and array.dtype.kind == "f":
        dtype = configuration.floatx()
    elif dtype is None and not hasattr(value, "dtype") and array.dtype.kind == "i":
        dtype = "int32"
    array = np.array(value, dtype=dtype and dtypes.standardize_dtype(dtype))
    if shape is not None and standardize_shape(shape) != array.shape:
        raise ValueError(
            f"A variable of shape {tuple(shape)} was asked for, but the value given for it has "
            f"shape {array.shape}. Leave out `shape`, or give a value that has it."
        )
    return dtypes.with_own_dtype(array)


def as_array(value: Any, dtype: np.dtype) -> np.ndarray:
    """An array that nobody else will write into: tensors are shared, arrays copied."""
    if hasattr(value, "snapshot"):  # a variable
        value = value.snapshot()
    if isinstance(value, Tensor):
        return value.array.astype(dtype, copy=False)
    return dtypes.with_own_dtype(np.array(value, dtype=dtype))


class _FirstValuesScope(threading.local):
    values: Any = None


first_values_scope = _FirstValuesScope()
"""Where new variables leave their first values out: see `pending_variable.py`."""


def is_postponed(variable: Any, initializer: Any, shape: Any, dtype: Any) -> bool:
    """Whether the first value is left out until it is read."""
    values = first_values_scope.values
    if values is None or shape is None:
        return False
    if not callable(initializer) or isinstance(initializer, ArrayLike):
        return False
    return values.postpone(variable, initializer, shape, dtype)
