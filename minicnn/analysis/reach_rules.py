"""On which elements of their inputs the outputs of layers and operations depend: rules by type.

Every rule takes a call and the `Reach` of each of its inputs, and returns that of its output.
Axes are counted without the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import layers
from minicnn.analysis.reach import Reach, joined, union
from minicnn.analysis.reach_of_windows import (
    adaptive_pool,
    convolution,
    depthwise,
    repeated,
    shapes_of,
    shifted,
    sliding,
    spatial_axes,
    transposed,
)
from minicnn.analysis.symbolic_calls import SymbolicCall
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv
from minicnn.layers.merging.base_merge import Merge
from minicnn.layers.pooling.base_adaptive_pooling import BaseAdaptivePooling
from minicnn.layers.pooling.base_global_pooling import BaseGlobalPooling
from minicnn.layers.pooling.base_pooling import BasePooling
from minicnn.layers.regularization.base_dropout import BaseDropout
from minicnn.layers.reshaping.cropping import BaseCropping
from minicnn.layers.reshaping.up_sampling import BaseUpSampling
from minicnn.layers.reshaping.zero_padding import BaseZeroPadding
from minicnn.ops.define import specs

Shape = tuple[int, ...]


def elementwise(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Each output depends on one element of each input."""
    return union(parts)


def global_pool(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """All positions."""
    layer, (before, _) = call.operation, shapes_of(call)
    return parts[0].whole(spatial_axes(layer, len(before)), layer.keepdims)


def dense(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """All elements along the last axis."""
    return parts[0].whole([parts[0].bounds.ndim - 3])


def along_axes(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Of a normalization or softmax: all elements along its `axis`, then elementwise."""
    axis = call.operation.axis
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    rank = len(call.inputs[0].shape)
    return parts[0].whole([a % rank - 1 for a in axes])


def whole_image(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """All elements of the sample."""
    return parts[0].whole(range(parts[0].bounds.ndim - 2))


def concatenation(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Side by side along `axis`."""
    axis = call.operation.axis % len(call.outputs[0].shape) - 1
    return joined(parts, [x.shape[1:][axis] for x in call.inputs], axis)


def embedded(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Each element becomes a vector, along a new last axis."""
    return Reach(parts[0].bounds[..., None, :, :], parts[0].lines)


def dot(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The axes are summed over; the others of the first tensor, then those of the second."""
    a, b = parts
    axes = call.operation._axes_of([len(x.shape) for x in call.inputs])
    a, b = a.whole([axes[0] - 1], keepdims=False), b.whole([axes[1] - 1], keepdims=False)
    ranks = a.bounds.ndim - 2, b.bounds.ndim - 2
    inner = a.bounds.shape[-2:]
    a = Reach(a.bounds.reshape(*a.bounds.shape[:-2], *(1,) * ranks[1], *inner), a.lines)
    return union([a, b])


def moved(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Elements only change places: found by moving the numbers of the elements."""
    before = tuple(call.inputs[0].shape[1:])
    numbers = np.arange(1, math.prod(before) + 1, dtype="float64").reshape(1, *before)
    args, kwargs = call.arguments.fill_in({id(call.inputs[0]): numbers})
    places = np.asarray(_run(call.operation, args, kwargs))[0].round().astype(int)
    return parts[0].moved(before, places)


def _run(operation: Any, args: tuple, kwargs: dict) -> Any:
    return operation.call(*args, **kwargs)


LAYER_RULES: list[tuple[Any, Callable]] = [
    (BaseDepthwiseConv, depthwise),
    ((BaseConv, BaseSeparableConv), convolution),
    (BaseConvTranspose, transposed),
    (BasePooling, sliding),
    (BaseAdaptivePooling, adaptive_pool),
    (BaseGlobalPooling, global_pool),
    (layers.Dense, dense),
    ((layers.Softmax, layers.LayerNormalization, layers.RMSNormalization), along_axes),
    (layers.UnitNormalization, along_axes),
    (layers.GroupNormalization, whole_image),
    (layers.Embedding, embedded),
    (layers.Concatenate, concatenation),
    (layers.Dot, dot),
    (Merge, elementwise),
    ((layers.Flatten, layers.Reshape, layers.Permute, layers.RepeatVector), moved),
    (BaseUpSampling, repeated),
    ((BaseZeroPadding, BaseCropping), shifted),
    (
        (
            layers.ReLU,
            layers.LeakyReLU,
            layers.ELU,
            layers.PReLU,
            layers.BatchNormalization,
            layers.Rescaling,
            layers.Normalization,
            layers.Identity,
            layers.ActivityRegularization,
            BaseDropout,
            layers.GaussianNoise,
            layers.InputLayer,
        ),
        elementwise,
    ),
]
"""Classes of layers, the special ones first, and their rule."""

MOVING = frozenset(
    """reshape transpose flip moveaxis swapaxes squeeze expand_dims ravel repeat tile roll
    broadcast_to rot90 copy""".split()
)
"""Operations that only move elements."""

REDUCTIONS = frozenset("sum mean max min prod std var any all logsumexp count_nonzero".split())


def rule_of(call: SymbolicCall) -> Callable[[SymbolicCall, Sequence[Reach]], Reach | None] | None:
    """The rule for a call; None for a layer that is not known, which may have calls inside."""
    operation = call.operation
    for kind, rule in LAYER_RULES:
        if isinstance(operation, kind):
            own = next(c for c in type(operation).__mro__ if "call" in vars(c))
            return rule if own.__module__.startswith("minicnn.") else None
    declared = getattr(operation, "declaration", None)
    if declared is None:
        return moved if type(operation).__name__ == "GetItem" else None
    if _is_elementwise(declared):
        return elementwise
    if declared.name in MOVING:
        return moved
    return reduction if declared.name in REDUCTIONS else OPERATION_RULES.get(declared.name)


def _is_elementwise(declared: Any) -> bool:
    spec = getattr(declared, "spec", None)
    activation = declared.forward.__module__.endswith(".nn.activations")
    return (
        spec in (specs.elementwise, specs.boolean)
        or (spec is specs.like_first and activation)
        or declared.name in ("cast", "where", "clip", "stop_gradient")
    )


def reduction(call: SymbolicCall, parts: Sequence[Reach]) -> Reach | None:
    """All elements along the axes."""
    rank = len(call.inputs[0].shape)
    axes = specs.normalize_axes(call.operation.settings.get("axis"), rank)
    if 0 in axes:
        return None  # samples are mixed
    keepdims = call.operation.settings.get("keepdims", False)
    return parts[0].whole([a - 1 for a in axes], keepdims)


def joined_operation(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """`ops.concatenate`."""
    axis = call.operation.settings["axis"] % len(call.outputs[0].shape) - 1
    return joined(parts, [x.shape[1:][axis] for x in call.inputs], axis)


def softmax_operation(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """All elements along the axis."""
    axes = specs.normalize_axes(call.operation.settings.get("axis", -1), len(call.inputs[0].shape))
    return parts[0].whole([a - 1 for a in axes if a])


def matmul_operation(call: SymbolicCall, parts: Sequence[Reach]) -> Reach | None:
    """A product with weights: all elements along the last axis."""
    first = call.arguments.args and call.arguments.args[0] is call.inputs[0]
    return dense(call, parts) if len(call.inputs) == 1 and first else None


OPERATION_RULES: dict[str, Callable] = {
    "concatenate": joined_operation,
    "softmax": softmax_operation,
    "log_softmax": softmax_operation,
    "matmul": matmul_operation,
    "_dense_layer": matmul_operation,
    "conv": convolution,
    "_conv_layer": convolution,
    "separable_conv": convolution,
    "depthwise_conv": depthwise,
    "conv_transpose": transposed,
    "max_pool": sliding,
    "average_pool": sliding,
}
