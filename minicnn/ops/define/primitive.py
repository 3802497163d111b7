"""Operations that map arrays to arrays, and operations that are written in others.

They are made by the decorators of `declare.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn.autodiff import Record, Tensor, is_recording
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.tracing import traced
from minicnn.common.configuration import floatx
from minicnn.common.dtypes import is_half
from minicnn.ops.define.arguments import (
    Scalar,
    array_of,
    array_type_of,
    as_argument,
    as_spec,
    cast_spec,
    flat,
    result_type_of,
)
from minicnn.ops.define.declared import Declared, plain_arrays
from minicnn.ops.define.half import common_half_type, half_type, narrowed, widened
from minicnn.ops.symbolic.keras_tensor import any_symbolic_tensors
from minicnn.ops.symbolic.outlining import is_outlining


class Composite(Declared):
    """An operation that is written in other operations."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors, settings = self.bind(args, kwargs)
        if self.is_symbolic(tensors):
            return self.call_symbolically(tensors, settings)
        tensors = [
            [as_argument(x) for x in value] if name in self.sequences else as_argument(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]
        half = common_half_type(tensors) if self.wide else None
        if half is not None:
            tensors = [widened(x) for x in tensors]
        result = self.forward(**dict(zip(self.tensors, tensors, strict=True)), **settings)
        return result if half is None else narrowed(result, half)


class Primitive(Declared):
    """A function of arrays, with its shape rule and its vector-Jacobian products.

    Args:
        forward: the function of arrays.
        tensors, wide: as for `Declared`.
        spec, vjp, promote, apart: as for `declare.op`.
    """

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
        if self.is_symbolic(given) or (is_outlining() and any_symbolic_tensors(settings)):
            return self.call_symbolically(given, settings)
        tensors = self.as_tensors(given)
        arrays, compute = plain_arrays(tensors), self._forward
        if arrays is None:
            arrays = promoted(self, tensors)
            compute = self._forward_in_float32 if self.wide else compute
        try:
            with quiet():
                result = compute(arrays, settings)
        except (NotImplementedError, TypeError, ValueError) as error:
            if any_symbolic_tensors(settings):  # of arrays, but to a symbolic shape, for example
                return self.call_symbolically(given, settings)
            if not isinstance(error, NotImplementedError):
                self.outline(given, settings)  # the shape rule knows better what is wrong
            raise
        several = isinstance(result, (tuple, list))
        outputs = [
            Tensor(x if type(x) is np.ndarray else traced(np.asarray, x))
            for x in (result if several else (result,))
        ]
        if self.differentiable and is_recording():
            self.record(tensors, arrays, outputs, settings, several)
        return type(result)(outputs) if several else outputs[0]

    def outline(self, given: Sequence, settings: dict) -> Any:
        """Shapes and types of the result, by the rule."""
        tensors = [
            [as_spec(x) for x in value] if name in self.sequences else as_spec(value)
            for name, value in zip(self.tensors, given, strict=True)
        ]
        dtype = result_type_of(_kinds(self, tensors), floatx()) if self.promote else None
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
                self.fitted(p, i) if w and p is not None else None
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


def promoted(primitive: Any, tensors: list) -> list:
    """The arrays of tensors, cast to one type where the operation says so."""
    dtype = array_type_of(_kinds(primitive, tensors), floatx()) if primitive.promote else None
    return [
        array_of(x, None if name in primitive.apart else dtype)
        for name, x in zip(primitive.tensors, tensors, strict=True)
    ]


def _kinds(primitive: Any, tensors: Sequence) -> tuple:
    """The types that are promoted to one: of Python numbers int and float, which are weak."""
    if primitive.apart:
        named = zip(primitive.tensors, tensors, strict=True)
        tensors = [x for name, x in named if name not in primitive.apart]
    kinds = [x.kind if isinstance(x, Scalar) else x.dtype for x in flat(tensors) if x is not None]
    if primitive.promote == "float":
        kinds.append(float)
    return tuple(kinds)


def _with_zeros(cotangents: list, outputs: list) -> list:
    """Zeros for the outputs that nothing depends on."""
    return [
        Tensor(np.zeros(y.shape, y.dtype)) if g is None else g
        for g, y in zip(cotangents, outputs, strict=True)
    ]
