"""TensorFlow's types of elements and shapes: text and tuples with TensorFlow's methods."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.common import dtypes
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class DType(str):
    """A type such as `tf.float32`: its name, which every function of Keras takes as `dtype`."""

    __slots__ = ()

    name = property(str.__str__)
    as_numpy_dtype = property(lambda self: dtypes.numpy_dtype(str(self)).type)
    base_dtype = property(lambda self: self)
    is_floating = property(lambda self: self in dtypes.FLOAT_TYPES)
    is_integer = property(lambda self: self in dtypes.INT_TYPES)
    is_bool = property(lambda self: self == "bool")
    is_complex = property(lambda self: self in dtypes.COMPLEX_TYPES)
    size = property(lambda self: dtypes.numpy_dtype(str(self)).itemsize)

    @property
    def max(self) -> Any:
        """The largest number of the type."""
        return self._limits().max

    @property
    def min(self) -> Any:
        """The smallest number of the type."""
        return self._limits().min

    def _limits(self) -> Any:
        kind = np.iinfo if self.is_integer else np.finfo
        return kind(dtypes.numpy_dtype(str(self)))

    def __repr__(self) -> str:
        return f"tf.{self}"


ALIASES = {"double": "float64", "half": "float16"}


def as_dtype(type_value: Any) -> DType:
    """The `DType` of a name, a type of Python or of NumPy."""
    return DType(dtypes.standardize_dtype({int: "int32"}.get(type_value, type_value)))


class TensorShape(tuple):
    """A shape: a tuple of lengths, None where not known, with TensorFlow's methods."""

    def __new__(cls, dims: Any = ()) -> TensorShape:
        lengths = (dims,) if isinstance(dims, int) else dims
        return super().__new__(cls, [None if n is None else int(n) for n in lengths])

    rank = ndims = property(len)
    dims = property(list)

    def as_list(self) -> list[int | None]:
        """The lengths in a list."""
        return list(self)

    def num_elements(self) -> int | None:
        """The product of the lengths, or None."""
        return math.prod(self) if self.is_fully_defined() else None

    def is_fully_defined(self) -> bool:
        """Whether all lengths are known."""
        return None not in self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both can be the shape of one tensor."""
        other = TensorShape(other)
        return len(self) == len(other) and all(
            a == b or None in (a, b) for a, b in zip(self, other, strict=True)
        )

    def concatenate(self, other: Any) -> TensorShape:
        """This shape followed by another."""
        return TensorShape((*self, *TensorShape(other)))

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)


class ShapeTensor(Tensor):
    """`tf.shape(x)`: a tensor of lengths.

    A recorded step is only replayed with tensors of the same shapes, so that the lengths may be
    read inside of it.
    """

    __slots__ = ()

    def _read(self) -> np.ndarray:
        return self.array

    def __getitem__(self, key: Any) -> ShapeTensor:
        return ShapeTensor(self.array[key])


class SymbolicShape(tuple):
    """`tf.shape(x)` where lengths are not known yet: numbers and symbolic numbers."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return SymbolicShape(found) if isinstance(key, slice) else found


def static(value: Any) -> Any:
    """Numbers and tuples of numbers in place of tensors; other values stay."""
    if isinstance(value, Tensor | np.ndarray):
        numbers = value.tolist()
        return tuple(numbers) if type(numbers) is list else numbers
    if type(value) in (list, tuple, TensorShape, SymbolicShape):
        return tuple([static(each) for each in value])
    if isinstance(value, np.integer):
        return int(value)
    return value


def shape_of(x: Any, out_type: Any = None) -> Any:
    """`tf.shape(x)`."""
    from minicnn import ops

    lengths = ops.shape(x)
    if isinstance(x, KerasTensor) or any(isinstance(n, KerasTensor) for n in lengths):
        return SymbolicShape(lengths)
    return ShapeTensor(np.array(lengths, dtypes.numpy_dtype(out_type or "int32")))
