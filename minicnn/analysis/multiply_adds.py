"""How many multiply-adds layers and operations compute: a rule for each type.

A multiply-add is one product that is added to something, `a · b + c`, which a processor does in one
instruction. (Some papers count it as two operations.) A convolution counts all taps, those in the
padding too. What has no rule and is of this library (activations, poolings, sums) counts as zero,
as is usual; a layer of a user's own has the count of the operations in its `call`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from minicnn import layers, tree
from minicnn.analysis.symbolic_calls import SymbolicCall
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv
from minicnn.layers.rnn.conv_lstm import ConvLSTM
from minicnn.ops.numpy.einstein import explicit
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Shape = tuple[int, ...]
_ELEMENTWISE = (
    layers.BatchNormalization,
    layers.LayerNormalization,
    layers.GroupNormalization,
    layers.RMSNormalization,
    layers.Rescaling,
    layers.Normalization,
)


def _size(x: Any) -> int:
    return math.prod(x.shape)


def conv(x: Shape, kernel: Shape, y: Shape) -> int:
    """For each output, one for each weight of its filter.

    >>> conv((1, 5, 5, 2), (3, 3, 2, 8), (1, 3, 3, 8))
    1296
    """
    return math.prod(y) * math.prod(kernel[:-1])


def conv_transpose(x: Shape, kernel: Shape, y: Shape) -> int:
    """For each input, one for each weight that it is multiplied by; kernel `(..., filters, n)`."""
    return math.prod(x) * math.prod(kernel[:-1])


def depthwise_conv(x: Shape, kernel: Shape, y: Shape) -> int:
    """For each output, one for each tap."""
    return math.prod(y) * math.prod(kernel[:-2])


def separable_conv(x: Shape, depthwise: Shape, pointwise: Shape, y: Shape) -> int:
    """The depthwise convolution, then a 1 × 1 convolution of its result."""
    places = math.prod(y) // pointwise[-1]
    return places * math.prod(depthwise) + math.prod(y) * pointwise[-2]


def matmul(a: Shape, b: Shape, y: Shape) -> int:
    """For each output, one for each element of the axis that is summed over."""
    return math.prod(y) * a[-1]


def product_over(a: Shape, b: Shape, y: Shape) -> int:
    """Of two tensors, one for each combination of all axes.

    Each axis belongs to two of a, b and y, so the product of all lengths is √(a · b · y).
    """
    return math.isqrt(math.prod(a) * math.prod(b) * math.prod(y))


def attention(query: Shape, key: Shape, value: Shape, *_: Any) -> int:
    """Of each query with each key, and of their weights with the values.

    The shapes are `(batch, places, heads, size)`, or without heads.
    """
    return math.prod(query[:-1]) * key[1] * (query[-1] + value[-1])


def _of_layer_attention(call: SymbolicCall) -> int:
    query, value, *rest = (x.shape for x in call.inputs)
    return attention(query, rest[0] if rest else value, value)


def _of_layer_dot(call: SymbolicCall) -> int:
    a, b = (x.shape for x in call.inputs)
    axis = call.operation._axes_of([len(a), len(b)])[0]
    return _size(call.outputs[0]) * a[axis]


def _of_recurrent(call: SymbolicCall) -> int:
    """For each step, sample and place of the state, one for each weight of the cell's kernels."""
    layer, (batch, steps, *_) = call.operation, _in(call)
    weights = sum(_size(w) for w in layer.cell.weights if w.name.endswith("kernel"))
    places = 1
    if isinstance(layer, ConvLSTM):
        places = _size(call.outputs[0]) // (batch * layer.filters)
        places //= steps if layer.return_sequences else 1
    return batch * steps * places * weights


def _of_each_step(call: SymbolicCall) -> int:
    """The count of the layer inside, for each step."""
    inner, (batch, steps, *rest) = call.operation.layer, _in(call)
    rule = layer_rule(inner)
    if rule is None:
        return 0
    x, y = (KerasTensor((batch, *shape)) for shape in (rest, _out(call)[2:]))
    return steps * rule(SimpleNamespace(operation=inner, inputs=[x], outputs=[y]))


LAYER_RULES: dict[Any, Callable[[SymbolicCall], int]] = {
    BaseConv: lambda c: conv(_in(c), c.operation.kernel.shape, _out(c)),
    BaseConvTranspose: lambda c: conv_transpose(_in(c), c.operation.kernel.shape, _out(c)),
    BaseDepthwiseConv: lambda c: depthwise_conv(_in(c), c.operation.kernel.shape, _out(c)),
    BaseSeparableConv: lambda c: separable_conv(
        _in(c), c.operation.depthwise_kernel.shape, c.operation.pointwise_kernel.shape, _out(c)
    ),
    layers.Dense: lambda c: matmul(_in(c), c.operation.kernel.shape, _out(c)),
    layers.EinsumDense: lambda c: labelled(
        c.operation.equation, [_in(c), tuple(c.operation.kernel.shape)]
    ),
    layers.Dot: _of_layer_dot,
    (layers.Attention, layers.AdditiveAttention): _of_layer_attention,
    layers.RNN: _of_recurrent,
    layers.TimeDistributed: _of_each_step,
    _ELEMENTWISE: lambda c: math.prod(_out(c)),
}
"""Classes of layers, and the count of a call."""

OPERATION_RULES: dict[str, Callable[..., int]] = {
    "conv": conv,
    "_conv_layer": lambda x, kernel, bias, y: conv(x, kernel, y),
    "conv_transpose": conv_transpose,
    "depthwise_conv": depthwise_conv,
    "separable_conv": separable_conv,
    "matmul": matmul,
    "dot": matmul,
    "inner": matmul,
    "tensordot": product_over,
    "vdot": product_over,
    "dot_product_attention": attention,
    "_dense_layer": lambda x, kernel, bias, y: matmul(x, kernel, y),
}
"""Names of operations, and the count from the shapes of their tensors and of the result."""


def _in(call: SymbolicCall) -> Shape:
    return call.inputs[0].shape


def _out(call: SymbolicCall) -> Shape:
    return call.outputs[0].shape


def layer_rule(layer: Any) -> Callable[[SymbolicCall], int] | None:
    """The rule for a layer: that of its class, unless a subclass has another `call`."""
    for kind, rule in LAYER_RULES.items():
        if isinstance(layer, kind):
            own = next(c for c in type(layer).__mro__ if "call" in vars(c))
            return rule if own.__module__.startswith("minicnn.") else None
    return None


def operation_count(call: SymbolicCall) -> int | None:
    """The multiply-adds of an operation of `keras.ops`; None for an unknown one."""
    declared = getattr(call.operation, "declaration", None)
    if declared is None:
        return 0 if type(call.operation).__module__.startswith("minicnn.") else None
    if declared.name == "_einsum":
        return _of_einsum(call)
    rule = OPERATION_RULES.get(declared.name)
    return 0 if rule is None else rule(*_shapes(call), _out(call))


def _shapes(call: SymbolicCall) -> list[Shape | None]:
    """The shapes of all tensors that an operation is called on, weights too."""
    return [tuple(x.shape) if hasattr(x, "shape") else None for x in call.arguments.args]


def _of_einsum(call: SymbolicCall) -> int:
    operands = [x for x in tree.flatten(call.arguments.args) if hasattr(x, "shape")]
    return labelled(call.operation.settings["subscripts"], [x.shape for x in operands])


def labelled(subscripts: str, shapes: list[Shape]) -> int:
    """One less than there are tensors, for each combination of all labels.

    >>> labelled("...x,xy->...y", [(2, 3, 5), (5, 7)])
    210
    """
    terms, _ = explicit(subscripts, [len(shape) for shape in shapes])
    sizes = {
        c: n
        for term, shape in zip(terms, shapes, strict=True)
        for c, n in zip(term, shape, strict=True)
    }
    return math.prod(sizes.values()) * (len(terms) - 1)


def backward_count(call: SymbolicCall, count: int, tensors: int) -> int:
    """As many as forward for the gradient to each of so many tensors.

    Attention is two products, each of two tensors, so it has at most twice as many.
    """
    declared = getattr(call.operation, "declaration", None)
    is_attention = isinstance(call.operation, (layers.Attention, layers.AdditiveAttention))
    if is_attention or getattr(declared, "name", "") == "dot_product_attention":
        tensors = min(tensors, 2)
    return count * tensors
