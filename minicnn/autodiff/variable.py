"""A name for a tensor that training replaces."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from minicnn.autodiff import operations
from minicnn.autodiff.array_like import ArrayLike
from minicnn.autodiff.changes import count_change
from minicnn.autodiff.display import array_as_html
from minicnn.autodiff.first_value import as_array, first_value, is_postponed
from minicnn.autodiff.tensor import LEAF, Tensor
from minicnn.autodiff.variable_scopes import assignment, autocast, creation
from minicnn.common import dtypes
from minicnn.common.name_scope import current_path
from minicnn.common.naming import auto_name

AGGREGATIONS = ("none", "mean", "sum", "only_first_replica")


def _counted(
    name: str, fits: Any = None, expected: str = "", error: type[Exception] = ValueError
) -> property:
    """An attribute that a recorded step depends on: `count_change` is called when it is set."""

    def set_and_count(variable: Variable, value: Any) -> None:
        if fits is not None and not fits(value):
            raise error(
                f"Invalid value for attribute `{name}` of a variable: it must be {expected}. "
                f"Received: {name}={value!r}"
            )
        variable.__dict__["_" + name] = value
        count_change()

    return property(operator.attrgetter("_" + name), set_and_count)


def _function_or_none(value: Any) -> bool:
    return value is None or callable(value)


class Variable(ArrayLike):
    """State: a weight, a moving average, a counter.

    A variable is a name for an immutable tensor. `assign` puts another tensor in its place and
    never writes into the old one, so a list of `value`s is a snapshot of a whole model.

    Args:
        initializer: the first value, or a function `(shape, dtype) -> value`, or the name of an
            initializer.
        shape: needed where the initializer is a function.
        dtype: type of the elements; that of the value, or `config.floatx()`, by default.
        trainable: whether gradient tapes watch it and optimizers change it.
        autocast: whether layers of a mixed policy read it in their compute type.
        aggregation: kept for Keras's files; there is one device here.
        name: part of the path in summaries and files; must not contain a slash.

    Example:
        >>> import minicnn as keras
        >>> counter = keras.Variable([1.0, 2.0])
        >>> before = counter.value
        >>> counter.assign_add([1.0, 1.0])
        Tensor([2., 3.], dtype=float32)
        >>> before
        Tensor([1., 2.], dtype=float32)
    """

    autocast = _counted("autocast")
    regularizer = _counted("regularizer", _function_or_none, "a function or None")
    constraint = _counted("constraint", _function_or_none, "a function or None")
    overwrite_with_gradient = _counted(
        "overwrite_with_gradient", lambda value: isinstance(value, bool), "a boolean", TypeError
    )

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: str | None = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = None,
        synchronization: str | None = None,
        name: str | None = None,
    ):
        name = name or auto_name("Variable")
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name!r}"
            )
        if aggregation is not None and aggregation not in AGGREGATIONS:
            raise ValueError(
                f"Invalid value for argument `aggregation`: expected one of {AGGREGATIONS}, "
                f"but received {aggregation!r}."
            )
        self.name = name
        self.path = "/".join(part for part in (current_path(), name) if part)
        self.autocast = bool(autocast)
        self.aggregation = aggregation or "none"
        self.synchronization = synchronization or "auto"
        self.regularizer = None
        self.constraint = None
        self.overwrite_with_gradient = False
        self._trainable = self.made_trainable = bool(trainable)
        if type(self) is Variable and is_postponed(self, initializer, shape, dtype):
            return
        self._value = self._leaf(first_value(initializer, shape, dtype))
        if creation.new is not None:
            creation.new.append((self, self._value))

    @property
    def value(self) -> Tensor:
        """The tensor that the variable names now."""
        if autocast.dtype is None or self.dtype == dtypes.standardize_dtype(
            self._value.array.dtype
        ):
            return self._value
        return operations.cast(self._value, self.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._value.array.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._value.array.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._value.array.size

    @property
    def dtype(self) -> str:
        """Type of the elements, as inside the current autocast scope."""
        own = dtypes.standardize_dtype(self._value.array.dtype)
        wanted = autocast.dtype
        return wanted if wanted and self.autocast and dtypes.is_float_dtype(own) else own

    @property
    def trainable(self) -> bool:
        """Whether gradient tapes watch it and optimizers change it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        self._value = self._leaf(self._value.array)
        count_change()

    def assign(self, value: Any) -> Tensor:
        """Gives the variable another value of the same shape, and returns it."""
        if assignment.forbidden:
            return self._value
        array = as_array(value, self._value.array.dtype)
        if array.shape != self.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in "
                f"`variable.assign(value)` must match. variable.shape={self.shape}, "
                f"Received: value.shape={array.shape}. Target variable: {self.path}"
            )
        self._value = self._leaf(array)
        return self._value

    def replace(self, array: np.ndarray) -> None:
        """`assign` for an array of the variable's shape and type that nobody will write into."""
        if not assignment.forbidden:
            self._value = self._leaf(array)

    def assign_add(self, value: Any) -> Tensor:
        """Adds to the value."""
        return self.assign(self._value + value)

    def assign_sub(self, value: Any) -> Tensor:
        """Subtracts from the value."""
        return self.assign(self._value - value)

    def numpy(self) -> np.ndarray:
        """A copy of the values, the caller's to change."""
        return self._value.numpy()

    def restore(self, value: Tensor) -> None:
        """Takes back a tensor that `value` gave earlier, or stands in one that may be recorded."""
        self._value = value

    def snapshot(self) -> Tensor:
        """The tensor that the variable names now, whatever the autocast scope."""
        return self._value

    def _leaf(self, array: np.ndarray) -> Tensor:
        watched = self._trainable and dtypes.is_inexact(array.dtype)
        return Tensor(array, record=LEAF if watched else None, variable=self)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.value.__array__(dtype, copy)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self):
        return iter(self.value)

    def __bool__(self) -> bool:
        raise TypeError(
            "A Keras Variable cannot be used as a boolean. "
            "Use `variable.value`, or `variable is not None`."
        )

    def __int__(self) -> int:
        return int(self._single())

    def __float__(self) -> float:
        return float(self._single())

    def _single(self) -> Tensor:
        if self.ndim:
            raise TypeError(
                "Only scalar arrays can be converted to Python scalars. "
                f"Variable '{self.path}' has shape {self.shape}."
            )
        return self._value

    def __pos__(self) -> Tensor:
        return self.value

    def __round__(self, digits: int | None = None) -> Tensor:
        return operations.round(self.value, digits or 0)

    def __index__(self) -> int:
        return self._value.__index__()

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        values = np.array2string(self._value.array, threshold=20)
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={values}>"
        )

    def _repr_html_(self) -> str:
        return array_as_html(f'Variable "{self.path}"', self._value.array)

    def __deepcopy__(self, memo):
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._value = twin._leaf(self._value.array)
        memo[id(self)] = twin
        return twin

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._value = self._leaf(self._value.array)  # which `pickle` made a tensor like any other
