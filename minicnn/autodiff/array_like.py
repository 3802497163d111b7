"""What tensors, variables and symbolic tensors have in common: they behave like arrays.

Operators, methods and NumPy functions all lead to `minicnn.ops`. That package stands above this
one, so it hands its functions down: `minicnn.ops.operators` fills `NUMPY_FUNCTIONS` and sets the
operators (`__add__` and so on) when it is imported.
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
"""NumPy's name of a function -> the differentiable operation that stands in for it."""

GRADIENT_FREE = {np.allclose, np.array_equal, np.array_equiv, np.histogram, np.save}
GRADIENT_FREE |= {np.argmax, np.argmin, np.argsort, np.argwhere, np.nonzero, np.count_nonzero}
GRADIENT_FREE |= {np.unique, np.bincount, np.digitize, np.searchsorted, np.shape, np.size, np.ndim}
"""NumPy's functions that answer about values: nobody asks for the gradient of the answer."""


class ArrayLike:
    """Base of everything that may stand where an array stands in a formula."""

    __slots__ = ()

    # Tells NumPy that `ndarray + tensor` is the tensor's business.
    __array_priority__ = 100

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        """`np.exp(tensor)`, `array * tensor`: the operation of that name, recorded."""
        if out is not None:
            return self._write_into_array(ufunc, method, inputs, out, settings)
        operation = NUMPY_FUNCTIONS.get(ufunc.__name__)
        if method != "__call__" or operation is None:
            name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
            return _by_numpy(name, getattr(ufunc, method), inputs, settings)
        return operation(*(like(self, x) for x in inputs), **settings)

    def __array_function__(self, function, types, args, kwargs):
        """`np.concatenate([tensor, tensor])`: the operation of that name, recorded."""
        operation = NUMPY_FUNCTIONS.get(function.__name__)
        answers = function in GRADIENT_FREE and not any(map(_is_symbolic, types))
        if operation is None or answers:
            return _by_numpy(f"np.{function.__name__}", function, args, kwargs)
        return operation(*args, **kwargs)

    @staticmethod
    def _write_into_array(ufunc, method, inputs, out, settings):
        """`array += tensor`: an array may be written into, and leaves the record there."""
        if any(isinstance(target, ArrayLike) for target in out):
            raise TypeError(refuse_writing("an in-place operation"))
        arrays = [np.asarray(x) if isinstance(x, ArrayLike) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, out=out, **settings)

    def __setitem__(self, key, value):
        raise TypeError(refuse_writing(f"[{key!r}] = ..."))


def refuse_writing(attempt: str) -> str:
    """The sentence that answers an attempt to write into a tensor."""
    return (
        f"Tensors are never written into, but the program tried {attempt}. Gradients need every "
        "value that was computed. Make a new tensor instead: `ops.where(mask, a, b)`, "
        "`ops.slice_update(x, start, updates)` or `ops.scatter_update(x, indices, updates)`; "
        "or take a copy that is yours to change with `x.numpy()`."
    )


def like(tensor: ArrayLike, other: Any) -> Any:
    """`other` in the type of a float tensor beside it, if it is a float array or scalar of NumPy.

    `x / np.sqrt(2)` and `x * weights` stay float32, as they do where TensorFlow computes.
    """
    if not isinstance(other, (np.ndarray, np.floating)) or other.dtype == tensor.dtype:
        return other
    if not is_real_float(other.dtype) or not is_float_dtype(standardize_dtype(tensor.dtype)):
        return other
    return operations.cast(other, tensor.dtype)


def _by_numpy(name: str, function: Callable, args: Any, kwargs: Any) -> Any:
    """What NumPy answers, where there is nothing to record."""

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
    """Whether x has values, and no tape is watching what becomes of them."""
    x = getattr(x, "value", x)
    return hasattr(x, "record") and (x.record is None or not is_recording())


def _no_operation(name: str) -> TypeError:
    return TypeError(
        f"{name} has no counterpart in minicnn.ops that could be recorded and differentiated. "
        "Use a function of `minicnn.ops`, or, where no gradient is needed, "
        "`np.asarray(x)` first."
    )
