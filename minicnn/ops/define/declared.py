"""What every declared operation does with its arguments, whatever kind of operation it is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff import Record, Tensor, Variable, operations
from minicnn.ops.define.arguments import Scalar, as_tensor, flat, kept
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import is_outlining, outline

PLAIN = {np.dtype("float32"), np.dtype("float64")}
"""Types in which arrays of one type need no conversion."""


class Declared:
    """A function of tensors and settings, which also has a class for graphs.

    Args:
        forward: the function, or the definition of what a kernel does.
        tensors: names of its tensor parameters; `"*xs"` for one that is a sequence of tensors.
        wide: whether float16 and bfloat16 are computed with in float32; see `half.py`.
    """

    def __init__(self, forward: Callable, tensors: Sequence[str], wide: bool = False):
        self.forward = forward
        self.wide = wide
        self.name = forward.__name__
        self.tensors = tuple(name.lstrip("*") for name in tensors)
        self.sequences = tuple(name[1:] for name in tensors if name.startswith("*"))
        self.signature = inspect.signature(forward)
        self.parameters = tuple(self.signature.parameters)
        self.settings = tuple(name for name in self.parameters if name not in self.tensors)
        self.defaults = {
            name: parameter.default
            for name, parameter in self.signature.parameters.items()
            if parameter.default is not parameter.empty
        }
        self.operation_class: type | None = None
        # Nearly all declarations have their tensors first, and nearly all calls pass just these.
        self.tensors_first = self.parameters[: len(self.tensors)] == self.tensors
        self.default_settings = {k: v for k, v in self.defaults.items() if k in self.settings}

    def as_function(self) -> Callable:
        """The function that users call, with the name and the docstring of the declared one."""

        @functools.wraps(self.forward)
        def function(*args, **kwargs):
            return self(*args, **kwargs)

        function.primitive = self
        return function

    def bind(self, args: tuple, kwargs: dict) -> tuple[Sequence, dict]:
        """The tensors in their order, and the settings by name."""
        if self.tensors_first and len(args) == len(self.tensors):
            settings = {**self.default_settings, **kwargs}
            if len(settings) == len(self.settings):
                return args, settings
        if len(args) > len(self.parameters):
            self.signature.bind(*args, **kwargs)
        settings = self.defaults | dict(zip(self.parameters, args, strict=False)) | kwargs
        if settings.keys() != self.signature.parameters.keys():
            self.signature.bind(*args, **kwargs)
        return [settings.pop(name) for name in self.tensors], settings

    def is_symbolic(self, given: Sequence) -> bool:
        """Whether a tensor argument is symbolic, or has a symbolic tensor in it."""
        for name, x in zip(self.tensors, given, strict=True):
            if isinstance(x, KerasTensor):
                return True
            if name in self.sequences and any(isinstance(item, KerasTensor) for item in x):
                return True
        return False

    def call_symbolically(self, given: Sequence, settings: dict) -> Any:
        """The result's outline; with a node in the graph, unless only the outline is wanted."""
        if is_outlining():
            return self.outline(given, settings)
        return self.operation_class.call_symbolically(given, settings)

    def outline(self, given: Sequence, settings: dict) -> Any:
        """Shapes and types of the result."""
        return outline(self.forward, **dict(zip(self.tensors, given, strict=True)), **settings)

    def as_tensors(self, given: Sequence) -> list:
        """The arguments as tensors; a Python number becomes a `Scalar`."""
        tensors = []
        for name, x in zip(self.tensors, given, strict=True):
            if isinstance(x, Variable):
                x = x.value
            if name in self.sequences:
                x = [as_tensor(item) for item in x]
            elif x is not None and type(x) is not Tensor:
                x = as_tensor(x)
            tensors.append(x)
        return tensors

    def record(
        self, tensors: list, arrays: list, outputs: list[Tensor], settings: dict, extra: Any
    ) -> None:
        """Lets the outputs know how they came about, if a gradient may flow through them."""
        inputs = flat(tensors) if self.sequences else tensors
        scalars = False
        reached = False
        for x in inputs:
            scalars = scalars or type(x) is Scalar
            reached = reached or (x is not None and x.record is not None)
        if not reached:
            return
        if scalars:
            tensors = [kept(x, array) for x, array in zip(tensors, arrays, strict=True)]
            inputs = flat(tensors)
        record = Record(self, inputs, (tensors, settings, extra), outputs)
        for y in outputs:
            if y.is_inexact:
                y.record = record

    def fitted(self, g: Any, x: Tensor) -> Tensor:
        """The cotangent in its input's shape (broadcasting undone) and type."""
        if g.array.shape != x.array.shape:
            g = _unbroadcast(g, x.shape)
        if g.array.dtype != x.array.dtype:
            g = operations.cast(g, x.dtype)
        if g.array.shape != x.array.shape:
            raise AssertionError(
                f"The derivative of `{self.name}` has shape {g.shape}, its input {x.shape}: it is "
                "wrong."
            )
        return g


def plain_arrays(tensors: list) -> list | None:
    """The tensors' arrays, if all are float32 or all float64; None if a type has to change."""
    arrays: list = []
    dtype = None
    for x in tensors:
        if x is None:
            arrays.append(None)
        elif type(x) is Tensor and (dtype is None or x.array.dtype == dtype):
            dtype = x.array.dtype
            arrays.append(x.array)
        else:
            return None
    return arrays if dtype in PLAIN else None


def _unbroadcast(g: Any, shape: tuple) -> Any:
    """The adjoint of broadcasting from `shape`: sums over the axes that were stretched."""
    added = g.ndim - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, length in enumerate(shape) if length == 1 and g.shape[added + i] != 1
    )
    if axes:
        g = operations.sum(g, axis=axes, keepdims=True)
    return operations.reshape(g, shape) if added > 0 else g
