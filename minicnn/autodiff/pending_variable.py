"""Variables whose first values are computed only if they are read before they get others.

While a model is loaded, its layers make their weights as they always do, and the file's values then
take the place of the first ones. Inside `first_values_when_read` the first values are therefore
left out: it costs no time to draw them, and a file that describes a layer of a billion weights,
without having them, costs no memory.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minicnn.autodiff.first_value import first_array, first_values_scope
from minicnn.autodiff.tensor import Tensor
from minicnn.autodiff.variable import Variable
from minicnn.autodiff.variable_scopes import autocast_dtype
from minicnn.common import dtypes
from minicnn.common.shapes import standardize_shape


class PendingVariable(Variable):
    """A variable without a value. As soon as it has one, its class is `Variable`."""

    @property
    def _value(self) -> Tensor:
        pending = self.__dict__["_pending"]
        pending.values.charge(pending.initializer, pending.shape, self.path)
        self._value = self._leaf(pending.first_array())
        return self._value

    @_value.setter
    def _value(self, value: Tensor) -> None:
        del self.__dict__["_pending"]
        self.__class__ = Variable
        self._value = value

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._pending.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._pending.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self._pending.shape)

    @property
    def dtype(self) -> str:
        """Type of the elements, as inside the current autocast scope."""
        own, wanted = self._pending.dtype, autocast_dtype()
        return wanted if wanted and self.autocast and dtypes.is_float_dtype(own) else own

    @property
    def trainable(self) -> bool:
        """Whether gradient tapes watch it and optimizers change it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    def assign(self, value: Any) -> Tensor:
        """Gives the variable its first value, which may be another one than was planned."""
        pending = self._pending
        self._value = self._leaf(
            np.broadcast_to(np.zeros((), dtypes.numpy_dtype(pending.dtype)), pending.shape)
        )
        try:
            return self.assign(value)
        except BaseException:
            self.__dict__["_pending"] = pending
            self.__class__ = PendingVariable
            raise


class _Pending:
    def __init__(self, values: FirstValues, initializer: Callable, shape: tuple, dtype: str):
        self.values, self.initializer, self.shape, self.dtype = values, initializer, shape, dtype

    def first_array(self) -> Any:
        return first_array(self.initializer, self.shape, self.dtype)


class FirstValues:
    """The pending variables of a model, and how many elements may be computed for them.

    Args:
        allowed: that number. Beyond it there is a ValueError.
        description: what the error calls the file.
    """

    def __init__(self, allowed: int, description: str):
        self._allowed = allowed
        self._description = description
        self._left: float = allowed
        self._pending: list[Variable] = []

    def postpone(self, variable: Variable, initializer: Callable, shape: Any, dtype: Any) -> bool:
        """Make a variable that has no value yet a pending one, if that cannot be noticed."""
        shape, dtype = standardize_shape(shape), dtypes.standardize_dtype(dtype)
        if not getattr(initializer, "repeatable", False):
            self.charge(initializer, shape, variable.path)
            return False
        variable.__dict__["_pending"] = _Pending(self, initializer, shape, dtype)
        variable.__class__ = PendingVariable
        self._pending.append(variable)
        return True

    def charge(self, initializer: Callable, shape: tuple, path: str) -> None:
        """Count the elements of a weight that is to be computed; more where it takes longer."""
        work = getattr(initializer, "work", math.prod)
        self._left -= work(shape)
        if self._left < 0:
            raise ValueError(
                f"Not allowed: {self._description} describes a weight '{path}' of shape {shape} "
                f"and has no values for it. No more than {self._allowed} values are made up (and "
                "fewer where that takes long): build such a model in Python."
            )

    def compute_all(self) -> None:
        """Give the variables that are still pending their first values."""
        pending = [v for v in self._pending if type(v) is PendingVariable]
        for variable in pending:
            waiting = variable.__dict__["_pending"]
            self.charge(waiting.initializer, waiting.shape, variable.path)
        self._left = math.inf
        for variable in pending:
            variable.snapshot()


@contextlib.contextmanager
def first_values_when_read(allowed: int, description: str) -> Iterator[None]:
    """Inside, new variables are pending; those that are so in the end get their first values.

    A scope inside a scope is part of it.
    """
    if first_values_scope.values is not None:
        yield
        return
    first_values_scope.values = values = FirstValues(allowed, description)
    try:
        yield
        values.compute_all()
    finally:
        first_values_scope.values = None
