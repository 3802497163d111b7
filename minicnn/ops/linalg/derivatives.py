"""`jvp`: directional derivatives of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff import operations as ops
from minicnn.ops.symbolic.keras_tensor import KerasTensor, any_symbolic_tensors
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import outline

__all__ = ["JVP", "jvp"]


class JVP(Operation):
    """The operation behind `jvp`."""

    def __init__(self, has_aux=False, *, name=None):
        super().__init__(name=name)
        self.has_aux = has_aux

    def call(self, fun, primals, tangents):
        return jvp(fun, primals, tangents, self.has_aux)

    def compute_output_spec(self, fun, primals, tangents):
        result = outline(fun, *primals)
        value, auxiliary = result if self.has_aux else (result, None)
        tangent = tree.map_structure(lambda y: KerasTensor(y.shape, y.dtype), value)
        return (value, tangent, auxiliary) if self.has_aux else (value, tangent)


def jvp(fun: Callable, primals: Any, tangents: Any, has_aux: bool = False) -> tuple:
    """The value of a function, and how it changes when its arguments move along the tangents.

    Reverse mode twice over: `ȳ ↦ ȳ·J` is linear, and its derivative along the tangents is `J·t`.
    Source: Townsend, "A new trick for calculating Jacobian vector products" (2017).

    Args:
        fun: the function, of as many arguments as there are primals.
        primals: its arguments.
        tangents: a direction for each.
        has_aux: whether `fun` returns `(value, auxiliary)`.

    Returns:
        `(value, derivative)`, and the auxiliary result if there is one.
    """
    if any_symbolic_tensors((primals, tangents)):
        return JVP(has_aux).symbolic_call(fun, primals, tangents)
    arguments = tree.map_structure(lambda x: Tensor(ops.convert_to_tensor(x).array), list(primals))
    leaves = tree.flatten(arguments)
    directions = [
        ops.cast(t, x.dtype) for t, x in zip(tree.flatten(list(tangents)), leaves, strict=True)
    ]
    with GradientTape() as outer:
        with GradientTape() as inner:
            inner.watch(leaves)
            result = fun(*arguments)
            value, auxiliary = result if has_aux else (result, None)
        outputs = tree.flatten(value)
        cotangents = [ops.zeros_like(y) for y in outputs]
        outer.watch(cotangents)
        pulled = inner.gradient(outputs, leaves, output_gradients=cotangents)
        pairs = [(p, t) for p, t in zip(pulled, directions, strict=True) if p is not None]
    found = outer.gradient([p for p, _ in pairs], cotangents, [t for _, t in pairs])
    derivative = [
        ops.zeros_like(y) if d is None else d for d, y in zip(found, outputs, strict=True)
    ]
    tangent = tree.pack_sequence_as(value, derivative)
    return (value, tangent, auxiliary) if has_aux else (value, tangent)
