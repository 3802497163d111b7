"""Functions that serve arrays, recorded tensors and symbolic tensors alike.

`Composite` is written in other operations, `Primitive` maps arrays to arrays and has derivatives.
They are made by the decorators of `declare.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff import Record, Tensor, Variable, is_recording, operations
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.tracing import traced
from minicnn.common.configuration import floatx
from minicnn.common.dtypes import is_half, is_inexact
from minicnn.ops.define.arguments import (
    Scalar,
    array_of,
    array_type_of,
    as_argument,
    as_spec,
    as_tensor,
    cast_spec,
    flat,
    kept,
    result_type_of,
)
from minicnn.ops.define.half import common_half_type, half_type, narrowed, widened
from minicnn.ops.symbolic.keras_tensor import KerasTensor, any_symbolic_tensors
from minicnn.ops.symbolic.operation import is_outlining, outline

FLOAT32 = np.dtype("float32")


class Composite:
    """A function of tensors and settings, that also has a class for graphs."""

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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors, settings = self.bind(args, kwargs)
        if self._any_symbolic(tensors):
            return self.draw(tensors, settings)
        tensors = [
            [as_argument(x) for x in value] if name in self.sequences else as_argument(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]
        half = common_half_type(tensors) if self.wide else None
        if half is not None:
            tensors = [widened(x) for x in tensors]
        result = self.forward(**dict(zip(self.tensors, tensors, strict=True)), **settings)
        return result if half is None else narrowed(result, half)

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

    def _any_symbolic(self, tensors: Sequence) -> bool:
        if any(isinstance(x, KerasTensor) for x in tensors):
            return True
        return any(
            isinstance(item, KerasTensor)
            for name, x in zip(self.tensors, tensors, strict=True)
            if name in self.sequences
            for item in x
        )

    def draw(self, tensors: Sequence, settings: dict) -> Any:
        """The result's outline; with a node in the graph, unless only the outline is wanted."""
        if is_outlining():
            return self.outline(tensors, settings)
        return self.operation_class.draw(tensors, settings)

    def outline(self, tensors: Sequence, settings: dict) -> Any:
        """Shapes and types of the result."""
        return outline(self.forward, **dict(zip(self.tensors, tensors, strict=True)), **settings)


class Primitive(Composite):
    """A function of arrays, with its shape rule and its vector-Jacobian products."""

    def __init__(
        self,
        forward: Callable,
        tensors: Sequence[str],
        spec: Callable | None,
        vjp: Any = None,
        promote: str | None = None,
        apart: Sequence[str] = (),
        wide: bool = False,
    ):
        super().__init__(forward, tensors, wide)
        self.spec = spec
        self.vjp = tuple(vjp) if isinstance(vjp, Sequence) else (vjp,)
        self.vjp += (None,) * (len(self.tensors) - len(self.vjp))
        self.promote = promote
        self.apart = tuple(apart)
        self.differentiable = any(function is not None for function in self.vjp)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given, settings = self.bind(args, kwargs)
        compute = self._forward
        tensors = self._float32_tensors(given)
        if tensors is not None:
            arrays = [None if x is None else x.array for x in tensors]
        elif self._any_symbolic(given) or (is_outlining() and any_symbolic_tensors(settings)):
            return self.draw(given, settings)
        else:
            tensors = self._as_tensors(given)
            arrays = self._promoted(tensors)
            compute = self._forward_in_float32 if self.wide else compute
        try:
            with quiet():
                result = compute(arrays, settings)
        except ValueError:
            self.outline(given, settings)  # the shape rule knows better what is wrong
            raise
        several = isinstance(result, (tuple, list))
        outputs = [
            Tensor(x if type(x) is np.ndarray else traced(np.asarray, x))
            for x in (result if several else (result,))
        ]
        if self.differentiable and is_recording():
            self._record(tensors, arrays, outputs, settings, several)
        return type(result)(outputs) if several else outputs[0]

    def outline(self, tensors: Sequence, settings: dict) -> Any:
        """Shapes and types of the result, by the rule."""
        tensors = [
            [as_spec(x) for x in value] if name in self.sequences else as_spec(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]
        dtype = result_type_of(self._kinds(tensors), floatx()) if self.promote else None
        tensors = [
            cast_spec(x, None if name in self.apart else dtype)
            for name, x in zip(self.tensors, tensors, strict=True)
        ]
        return self.spec(*tensors, **settings)

    def pull_back(
        self, record: Record, cotangents: list, outputs: list, needed: Sequence[bool]
    ) -> list:
        """Cotangents of the flat inputs where needed, None elsewhere."""
        tensors, settings, several = record.arguments
        given = tensors
        if self.wide and is_half(outputs[0].array.dtype):
            cotangents, outputs, tensors = widened([cotangents, outputs, tensors])
        if several:
            g, y = _with_zeros(cotangents, outputs), outputs
        else:
            g, y = cotangents[0], outputs[0]
        parts: list = []
        for function, x in zip(self.vjp, given, strict=True):
            inputs = x if isinstance(x, list) else [x]
            wanted = needed[len(parts) : len(parts) + len(inputs)]
            if function is None or not any(wanted):
                parts += [None] * len(inputs)
                continue
            part = function(g, y, *tensors, **settings)
            part = part if isinstance(x, list) else [part]
            parts += [
                self._fitted(p, i) if w and p is not None else None
                for p, i, w in zip(part, inputs, wanted, strict=True)
            ]
        return parts

    def _forward(self, arrays: list, settings: dict) -> Any:
        if self.tensors_first:
            return traced(self.forward, *arrays, **settings)
        return traced(self.forward, **dict(zip(self.tensors, arrays, strict=True)), **settings)

    def _forward_in_float32(self, arrays: list, settings: dict) -> Any:
        """As `_forward`, for a `wide` operation; float16 and bfloat16 are rounded to at the end."""
        half = half_type(arrays)
        if half is None:
            return self._forward(arrays, settings)
        return narrowed(self._forward(widened(arrays), settings), half)

    def _float32_tensors(self, given: Sequence) -> list[Tensor] | None:
        """The arguments, if they are float32 tensors all: then there is nothing to convert."""
        if is_outlining():
            return None
        tensors = []
        for x in given:
            if type(x) is Variable:
                x = x.value
            if x is not None and (type(x) is not Tensor or x.array.dtype != FLOAT32):
                return None
            tensors.append(x)
        return tensors

    def _as_tensors(self, tensors: Sequence) -> list:
        return [
            [as_tensor(x) for x in value] if name in self.sequences else as_tensor(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]

    def _promoted(self, tensors: list) -> list:
        dtype = array_type_of(self._kinds(tensors), floatx()) if self.promote else None
        return [
            array_of(x, None if name in self.apart else dtype)
            for name, x in zip(self.tensors, tensors, strict=True)
        ]

    def _kinds(self, tensors: Sequence) -> tuple:
        """The types that are promoted to one: of Python numbers int and float, which are weak."""
        if self.apart:
            named = zip(self.tensors, tensors, strict=True)
            tensors = [x for name, x in named if name not in self.apart]
        kinds = [
            x.kind if isinstance(x, Scalar) else x.dtype for x in flat(tensors) if x is not None
        ]
        if self.promote == "float":
            kinds.append(float)
        return tuple(kinds)

    def _record(
        self, tensors: list, arrays: list, outputs: list[Tensor], settings: dict, extra: Any
    ) -> None:
        """Lets the outputs know how they came about, if a gradient may flow through them."""
        inputs = flat(tensors) if self.sequences else tensors
        for x in inputs:
            if x is not None and x.record is not None:
                break
        else:
            return
        if any(type(x) is Scalar for x in inputs):
            tensors = [kept(x, array) for x, array in zip(tensors, arrays, strict=True)]
            inputs = flat(tensors)
        record = Record(self, inputs, (tensors, settings, extra))
        record.made(outputs)
        for y in outputs:
            if is_inexact(y.array.dtype):
                y.record = record

    def _fitted(self, g: Any, x: Tensor) -> Tensor:
        """The cotangent in its input's shape (broadcasting undone) and type."""
        if g.shape != x.shape:
            g = _unbroadcast(g, x.shape)
        if g.dtype != x.dtype:
            g = operations.cast(g, x.dtype)
        if g.shape != x.shape:
            raise AssertionError(
                f"The derivative of `{self.name}` has shape {g.shape}, its input {x.shape}: it is "
                "wrong."
            )
        return g


def _with_zeros(cotangents: list, outputs: list) -> list:
    """Zeros for the outputs that nothing depends on."""
    return [
        Tensor(np.zeros(y.shape, y.dtype)) if g is None else g
        for g, y in zip(cotangents, outputs, strict=True)
    ]


def _unbroadcast(g: Any, shape: tuple) -> Any:
    """The adjoint of broadcasting from `shape`: sums over the axes that were stretched."""
    added = g.ndim - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, length in enumerate(shape) if length == 1 and g.shape[added + i] != 1
    )
    if axes:
        g = operations.sum(g, axis=axes, keepdims=True)
    return operations.reshape(g, shape) if added > 0 else g
