"""The base class of tensors, variables and symbolic tensors: it makes them behave like arrays.

Operators (`x + y`), methods (`x.sum()`) and NumPy functions (`np.exp(x)`) call functions of
`minicnn.ops`. As that package imports this one, it sets them here: `minicnn.ops.operators` fills
`NUMPY_FUNCTIONS` and defines the operators (`__add__` and so on) when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import operations
from minicnn.autodiff.recording import is_recording
from minicnn.common.dtypes import is_float_dtype, is_real_float, standardize_dtype

NUMPY_FUNCTIONS: dict[str, Any] = {}
"""The name of a NumPy function -> the differentiable operation that is called in its place."""

GRADIENT_FREE = {np.allclose, np.array_equal, np.array_equiv, np.histogram, np.save}
GRADIENT_FREE |= {np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.count_nonzero}
GRADIENT_FREE |= {np.unique, np.bincount, np.digitize, np.searchsorted, np.shape, np.size, np.ndim}
"""NumPy's functions whose results have no gradient (indices, counts, truth values)."""


class ArrayLike:
    """Base class of objects that can be used like arrays in formulas."""

    __slots__ = ()

    # With it NumPy lets the tensor compute `ndarray + tensor`.
    __array_priority__ = 100

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        """Calls the operation of the ufunc's name, for `np.exp(tensor)` and `array * tensor`."""
        if out is not None:
            return self._write_into_array(ufunc, method, inputs, out, settings)
        operation = NUMPY_FUNCTIONS.get(ufunc.__name__)
        if method != "__call__" or operation is None:
            name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
            return _by_numpy(name, getattr(ufunc, method), inputs, settings)
        return operation(*(like(self, x) for x in inputs), **settings)

    def __array_function__(self, function, types, args, kwargs):
        """Calls the operation of the function's name, for `np.concatenate([tensor, tensor])`."""
        operation = NUMPY_FUNCTIONS.get(function.__name__)
        without_gradient = function in GRADIENT_FREE and not any(map(_is_symbolic, types))
        if operation is None or without_gradient:
            return _by_numpy(f"np.{function.__name__}", function, args, kwargs)
        return operation(*args, **kwargs)

    @staticmethod
    def _write_into_array(ufunc, method, inputs, out, settings):
        """Computes `array += tensor` by NumPy: writing into an array is not recorded."""
        if any(isinstance(target, ArrayLike) for target in out):
            raise TypeError(refuse_writing("an in-place operation"))
        arrays = [np.asarray(x) if isinstance(x, ArrayLike) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, out=out, **settings)

    def __setitem__(self, key, value):
        raise TypeError(refuse_writing(f"[{key!r}] = ..."))


def refuse_writing(attempt: str) -> str:
    """The error message for an attempt to write into a tensor."""
    return (
        f"Tensors cannot be changed, but the program tried {attempt}. Gradients need every value "
        "that was computed. Make a new tensor instead: `ops.where(mask, a, b)`, "
        "`ops.slice_update(x, start, updates)` or `ops.scatter_update(x, indices, updates)`; "
        "or change a copy: `x.numpy()`."
    )


def like(tensor: ArrayLike, other: Any) -> Any:
    """`other` cast to the type of a float tensor, if it is a float array or scalar of NumPy.

    So `x / np.sqrt(2)` and `x * weights` stay float32, as in TensorFlow.
    """
    if not isinstance(other, (np.ndarray, np.floating)) or other.dtype == tensor.dtype:
        return other
    if not is_real_float(other.dtype) or not is_float_dtype(standardize_dtype(tensor.dtype)):
        return other
    return operations.cast(other, tensor.dtype)


def _by_numpy(name: str, function: Callable, args: Any, kwargs: Any) -> Any:
    """The result of NumPy's own function, if there is nothing to record."""

    def values(x: Any) -> Any:
        if not isinstance(x, ArrayLike):
            return x
        if not _is_constant(x) and (function not in GRADIENT_FREE or _is_symbolic(type(x))):
            raise _no_operation(name)
        return np.asarray(x)

    args, kwargs = tree.map_structure(values, (args, kwargs))
    return function(*args, **kwargs)


def _is_symbolic(kind: type) -> bool:
    return issubclass(kind, ArrayLike) and not hasattr(kind, "numpy")


def _is_constant(x: ArrayLike) -> bool:
    """Whether x has values, and no tape records operations on it."""
    x = getattr(x, "value", x)
    return hasattr(x, "record") and (x.record is None or not is_recording())


def _no_operation(name: str) -> TypeError:
    return TypeError(
        f"{name} has no counterpart in minicnn.ops, so it cannot be recorded or differentiated. "
        "Use a function of `minicnn.ops`, or, where no gradient is needed, "
        "`np.asarray(x)` first."
    )
