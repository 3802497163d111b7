"""An array, and the record of the operation that made it."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff.array_like import ArrayLike
from minicnn.autodiff.display import array_as_html
from minicnn.autodiff.tracing import report_values_read
from minicnn.common.dtypes import INEXACT_KINDS, with_own_dtype

_order = itertools.count()


class Tensor(ArrayLike):
    """An immutable array that may remember the operation that made it.

    Every operation returns tensors. Inside a `GradientTape` a tensor computed from something
    that is watched carries a `Record`; all others are plain arrays in a wrapper.

    Attributes:
        array: the values, an `ndarray` that nobody writes into.
        record: how the tensor came about; None for a constant.
        variable: the `Variable` whose value this is, if it is one.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.convert_to_tensor([1.0, 2.0])
        >>> x * x + 1
        Tensor([2., 5.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_keras_logits", "_keras_mask", "array", "record", "variable")

    def __init__(self, array: np.ndarray, record: Record | None = None, variable: Any = None):
        self.array = array
        self.record = record
        self.variable = variable

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.array.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.array.size

    @property
    def is_inexact(self) -> bool:
        """Whether the elements are floats or complex numbers, so that gradients exist."""
        return self.array.dtype.kind in INEXACT_KINDS

    def numpy(self) -> np.ndarray:
        """A copy of the values, the caller's to change."""
        return self._read().copy()

    def item(self) -> Any:
        """The only element, as a Python number."""
        return self._read().item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._read().tolist()

    def _read(self) -> np.ndarray:
        """The array, for Python to read; what is recorded may depend on it."""
        report_values_read()
        return self.array

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self._read()
        if copy:
            return np.array(array, dtype=dtype)
        view = array.view() if dtype is None else array.astype(dtype, copy=False).view()
        view.flags.writeable = False
        return view

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("A tensor of shape () is a single number and has no len().")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("A tensor of shape () is a single number and cannot be iterated over.")
        return (self[i] for i in range(len(self.array)))

    def __bool__(self) -> bool:
        return bool(self._read())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        return self._read().__index__()

    def __complex__(self) -> complex:
        return complex(self.item())

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __format__(self, specification: str) -> str:
        return (
            format(self.array, specification)
            if self.array.ndim
            else format(self.item(), specification)
        )

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        values = np.array2string(self.array, separator=", ", prefix="Tensor(")
        return f"Tensor({values}, dtype={self.dtype})"

    def _repr_html_(self) -> str:
        return array_as_html("Tensor", self.array)

    def __reduce__(self):
        return _from_pickle, (self.array,)

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo) -> Tensor:
        return Tensor(self.array.copy())


def _from_pickle(array: np.ndarray) -> Tensor:
    return Tensor(with_own_dtype(array))


class Record:
    """How tensors came about: `outputs = primitive(*inputs, **settings)`.

    A tensor holds its record and the record holds its inputs, so a graph lives exactly as long
    as somebody holds its result. Outputs are held weakly, for otherwise each would hold itself.

    Attributes:
        primitive: knows the vector-Jacobian products (`ops/define/primitive.py`); None for a leaf,
            that is a variable or a watched tensor.
        inputs: the arguments that may carry gradients, flat.
        arguments: all arguments of the call, as the primitive keeps them.
        order: counts up; the reverse is an order in which to go backwards.
    """

    __slots__ = ("_outputs", "arguments", "inputs", "order", "primitive")

    def __init__(
        self,
        primitive: Any = None,
        inputs: Sequence[Any] = (),
        arguments: Any = None,
        outputs: Sequence[Tensor] = (),
    ):
        self.primitive = primitive
        self.inputs = inputs
        self.arguments = arguments
        self.order = next(_order)
        self._outputs = [(weakref.ref(tensor), tensor.array) for tensor in outputs]

    def outputs(self) -> list[Tensor]:
        """The tensors that the operation returned, made anew where nobody holds them any more."""
        tensors = []
        for reference, array in self._outputs:
            tensor = reference()
            tensors.append(Tensor(array, self) if tensor is None else tensor)
        return tensors


LEAF = Record()
"""The record of tensors at which gradients are asked for, but which no operation made."""
