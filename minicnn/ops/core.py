"""Conversions, shapes and types of tensors, `stop_gradient` and `custom_gradient`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Record, Tensor, Variable, is_recording
from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.ops.control_flow import (
    AssociativeScan,
    Cond,
    ForiLoop,
    Map,
    Scan,
    Switch,
    VectorizedMap,
    WhileLoop,
    associative_scan,
    cond,
    fori_loop,
    map,
    scan,
    switch,
    vectorized_map,
    while_loop,
)
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op, operation_classes, to_array
from minicnn.ops.slicing import scatter, scatter_update, slice, slice_update
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import is_outlining

__all__ = [
    "AssociativeScan",
    "Cond",
    "ConvertToTensor",
    "ForiLoop",
    "Map",
    "Scan",
    "Switch",
    "VectorizedMap",
    "WhileLoop",
    "associative_scan",
    "cast",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "fori_loop",
    "is_tensor",
    "map",
    "saturate_cast",
    "scan",
    "scatter",
    "scatter_update",
    "shape",
    "slice",
    "slice_update",
    "stop_gradient",
    "switch",
    "unstack",
    "vectorized_map",
    "while_loop",
]


@op(
    "x",
    spec=lambda x, dtype: KerasTensor(x.shape, dtypes.standardize_dtype(dtype)),
    vjp=(lambda g, *_, **__: g,),
)
def cast(x, dtype):
    """The same values in another type. Fractions are cut off for whole numbers.

    >>> import minicnn as keras
    >>> keras.ops.cast([1.7, -1.7], "int32")
    Tensor([ 1, -1], dtype=int32)
    """
    return x.astype(dtypes.numpy_dtype(dtype), copy=False)


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> Tensor:
    """Converts x to a tensor of the given type. Tensors of that type are returned unchanged.

    Python numbers (and lists of them) become int32 and `config.floatx()`.
    """
    if type(x) is Tensor and dtype is None and not (sparse or ragged):
        return x
    if sparse or ragged:
        raise ValueError("minicnn has dense tensors only: leave out `sparse` and `ragged`.")
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, Tensor | KerasTensor):
        dtype = dtype and dtypes.standardize_dtype(dtype)
        return x if dtype in (None, dtypes.standardize_dtype(x.dtype)) else cast(x, dtype)
    if isinstance(x, list | tuple) and any(isinstance(item, Tensor) for item in tree.flatten(x)):
        x = ops.stack([convert_to_tensor(item) for item in x])
        return convert_to_tensor(x, dtype)
    return Tensor(to_array(x, dtype))


class ConvertToTensor(Operation):
    """The operation behind `convert_to_tensor`."""

    def __init__(self, dtype=None, sparse=None, ragged=None, *, name=None):
        super().__init__(name=name)
        self.dtype = dtype

    def call(self, x):
        return convert_to_tensor(x, self.dtype)

    def compute_output_spec(self, x):
        return KerasTensor(x.shape, self.dtype or x.dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """A NumPy array with the values of x, which the caller may change."""
    if isinstance(x, list | tuple):
        return np.array(to_array(tree.map_structure(np.asarray, x)))
    return np.array(to_array(x))


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor with values."""
    return isinstance(x, Tensor)


def shape(x: Any) -> tuple:
    """The lengths of the axes; None where a symbolic tensor's length is unknown.

    While the outline of a layer's outputs is computed, an unknown length is a symbolic number
    instead of None, so that the layer can compute with it.
    """
    if not hasattr(x, "shape"):
        return to_array(x).shape
    if isinstance(x, KerasTensor) and is_outlining():
        return tuple(KerasTensor((), "int32") if n is None else n for n in x.shape)
    return tuple(x.shape)


def dtype(x: Any) -> str:
    """The name of the type of the elements."""
    return dtypes.standardize_dtype(x.dtype if hasattr(x, "dtype") else to_array(x).dtype)


@op("variable", spec=specs.like_first)
def stop_gradient(variable):
    """The same values as a constant: no gradient flows back through it."""
    return variable


class _CustomGradient:
    """The operation in the record of a `custom_gradient` call."""

    name = "custom_gradient"

    def pull_back(self, record: Record, cotangents: list, outputs: list, needed: list) -> list:
        arriving = [
            Tensor(np.zeros(y.shape, y.dtype)) if g is None else g
            for g, y in zip(cotangents, outputs, strict=True)
        ]
        parts = record.arguments(*arriving)
        parts = list(parts) if isinstance(parts, tuple | list) else [parts]
        if len(parts) != len(record.inputs):
            raise ValueError(
                f"The gradient function of a `custom_gradient` returned {len(parts)} gradients for "
                f"{len(record.inputs)} arguments. Return one for each, None where there is none."
            )
        return [
            None if part is None else convert_to_tensor(part, x.dtype)
            for part, x in zip(parts, record.inputs, strict=True)
        ]


def custom_gradient(f: Callable) -> Callable:
    """Decorator for a function that computes its own gradient.

    Args:
        f: takes tensors and returns `(result, gradient)`, where `gradient` maps the cotangent of
            the result to those of the arguments.

    Example:
        >>> import minicnn as keras
        >>> @keras.ops.custom_gradient
        ... def identity_with_clipped_gradient(x):
        ...     return x, lambda upstream: keras.ops.clip(upstream, -1.0, 1.0)
        >>> identity_with_clipped_gradient([3.0])
        Tensor([3.], dtype=float32)
    """

    @functools.wraps(f)
    def with_gradient(*args, **kwargs):
        inputs = [convert_to_tensor(x) for x in args]
        result, gradient = f(*inputs, **kwargs)
        recorded = any(isinstance(x, Tensor) and x.record is not None for x in inputs)
        if not (recorded and is_recording()):
            return result
        # New tensors without a record, so that gradients pass through the given function only.
        outputs = tree.map_structure(lambda y: Tensor(to_array(y)), result)
        record = Record(_CustomGradient(), inputs, gradient, tree.flatten(outputs))
        for y in tree.flatten(outputs):
            y.record = record
        return outputs

    return with_gradient


def _unstack_count(x, num, axis):
    axis = specs.normalize_axes(axis, x.ndim)[0]
    count = num if num is not None else x.shape[axis]
    if count is None:
        raise ValueError(
            f"Cannot infer argument `num` from shape {x.shape}. Either provide a tensor with a "
            f"known length of axis {axis} or explicitly pass the `num` argument."
        )
    return axis, count


def _unstack_spec(x, num=None, axis=0):
    axis, count = _unstack_count(x, num, axis)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    return [KerasTensor(shape, x.dtype) for _ in range(count)]


@op("x", spec=_unstack_spec, vjp=(lambda g, y, x, num, axis: ops.stack(g, axis),))
def unstack(x, num=None, axis=0):
    """The slices of x along an axis, as a list; the inverse of `stack`."""
    axis, _ = _unstack_count(x, num, axis)
    return list(np.moveaxis(x, axis, 0))


def _range_of(name):
    if name == "bool":
        return 0, 1
    if name == "bfloat16":
        return -(2.0**128 - 2.0**120), 2.0**128 - 2.0**120
    info = np.iinfo(name) if dtypes.is_int_dtype(name) else np.finfo(name)
    return np.asarray(info.min).item(), np.asarray(info.max).item()


@composite("x")
def saturate_cast(x, dtype):
    """`cast` after clipping to the range of the type."""
    x = convert_to_tensor(x)
    limits = zip(_range_of(dtypes.standardize_dtype(x.dtype)), _range_of(dtype), strict=True)
    (low_in, low_out), (high_in, high_out) = limits
    low, high = max(low_in, low_out), min(high_in, high_out)
    return cast(ops.clip(x, *(_inward(b, x.dtype, low, high) for b in (low, high))), dtype)


def _inward(bound, dtype, low, high):
    """The bound as a number of the type, rounded into the range if it is not exact."""
    number = np.asarray(bound).astype(dtypes.numpy_dtype(dtype))
    if low <= number.item() <= high:
        return number
    return np.nextafter(number, number.dtype.type(0))


_classes = operation_classes(globals())
globals().update(_classes)
__all__ += sorted(_classes)
