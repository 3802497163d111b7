"""What an operation is given: tensors, variables, arrays, Python numbers, and their types."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor, Variable, operations
from minicnn.autodiff.tracing import traced
from minicnn.common import configuration, dtypes
from minicnn.ops.symbolic.keras_tensor import KerasTensor

# The default float type is an argument, as the results depend on it.
result_type_of = functools.lru_cache(maxsize=4096)(lambda kinds, floatx: dtypes.result_type(*kinds))
array_type_of = functools.lru_cache(maxsize=4096)(
    lambda kinds, floatx: dtypes.numpy_dtype(dtypes.result_type(*kinds))
)


class Scalar:
    """A Python number: its type gives way to that of the tensors it meets."""

    __slots__ = ("kind", "value")
    record = None

    def __init__(self, value: Any):
        self.value = value
        self.kind = type(value)

    @property
    def array(self) -> np.ndarray:
        return np.asarray(self.value, result_type_of((self.kind,), configuration.floatx()))


def as_tensor(x: Any) -> Any:
    if x is None or isinstance(x, Tensor):
        return x
    if isinstance(x, Variable):
        return x.value
    if isinstance(x, (bool, int, float)):
        return Scalar(x)
    if isinstance(x, (list, tuple)) and _holds_tensors(x):
        return operations.stack(list(x))
    return Tensor(to_array(x))


def _holds_tensors(x: Any) -> bool:
    """Whether a nested list has tensors in it, whose records must not be lost."""
    return any(
        isinstance(item, (Tensor, Variable))
        or (isinstance(item, (list, tuple)) and _holds_tensors(item))
        for item in x
    )


def as_argument(x: Any) -> Any:
    """What a composite works with: a tensor, a symbolic tensor, a Python number or None."""
    if x is None or isinstance(x, (Tensor, KerasTensor, bool, int, float)):
        return x
    return as_tensor(x)


def to_array(x: Any, dtype: Any = None) -> np.ndarray:
    """The array that Keras would make of a value: Python numbers get the default types."""
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, Tensor):
        x = x.array
    if isinstance(x, KerasTensor):
        x.__array__()
    if dtype is not None:
        return np.asarray(x, dtypes.numpy_dtype(dtype))
    array = dtypes.with_own_dtype(np.asarray(x))
    if hasattr(x, "dtype") or hasattr(x, "__array__") or _holds_arrays(x):
        return array
    if array.dtype.kind == "f":
        return array.astype(configuration.floatx())
    if array.dtype.kind == "i":
        return array.astype("int32")
    return array


def _holds_arrays(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and any(
        hasattr(item, "dtype") or _holds_arrays(item) for item in x[:1]
    )


def kept(x: Any, array: Any) -> Any:
    """The argument as the way back needs it: of a Python number, the array computed with."""
    if isinstance(x, list):
        return [kept(*pair) for pair in zip(x, array, strict=True)]
    return Tensor(array) if isinstance(x, Scalar) else x


def array_of(x: Any, dtype: np.dtype | None) -> Any:
    """The ndarray (or list of them) of an argument, in the type it was promoted to."""
    if isinstance(x, list):
        return [array_of(item, dtype) for item in x]
    if x is None:
        return None
    if isinstance(x, Scalar) and dtype is not None:
        return np.asarray(x.value, dtype)
    if dtype is None or x.array.dtype == dtype:
        return x.array
    return traced(np.ndarray.astype, x.array, dtype)


def flat(tensors: list) -> list:
    found: list = []
    for x in tensors:
        found += x if isinstance(x, list) else [x]
    return found


def as_spec(x: Any) -> Any:
    if x is None or isinstance(x, KerasTensor):
        return x
    if isinstance(x, (bool, int, float)):
        return Scalar(x)
    array = to_array(x)
    return KerasTensor(array.shape, array.dtype.name)


def cast_spec(x: Any, dtype: str | None) -> Any:
    if isinstance(x, list):
        return [cast_spec(item, dtype) for item in x]
    if isinstance(x, Scalar):
        return KerasTensor((), dtype or x.array.dtype.name)
    return x if x is None or dtype is None else KerasTensor(x.shape, dtype)
