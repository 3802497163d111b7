"""On which elements of their inputs the outputs of layers and operations depend: rules by type.

Every rule takes a call and the `Reach` of each of its inputs, and returns that of its output.
Axes are counted without the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from minicnn import layers
from minicnn.analysis import windows
from minicnn.analysis.reach import Line, Reach, joined, union
from minicnn.analysis.symbolic_calls import SymbolicCall
from minicnn.analysis.windows import Window
from minicnn.common.sliding_windows import pad_pairs
from minicnn.common.window_arguments import (
    per_axis,
    standardize_data_format,
    standardize_padding,
)
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
from minicnn.ops.nn.output_shapes import transposed_pairs

Shape = tuple[int, ...]


def _spatial(layer: Any, rank: int) -> range:
    """The spatial axes of a layer with `data_format`."""
    first = layer.data_format == "channels_first"
    return range(int(first), rank - 1 + int(first))


def _shapes(call: SymbolicCall) -> tuple[Shape, Shape]:
    """Of the first input and of the output, without the batch."""
    return tuple(call.inputs[0].shape[1:]), tuple(call.outputs[0].shape[1:])


def elementwise(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Each output depends on one element of each input."""
    return union(parts)


def _settings(call: SymbolicCall) -> Any:
    """The window's settings of a layer, or of an operation in the form that layers have them."""
    own = call.operation
    if isinstance(own, layers.Layer):
        size = getattr(own, "kernel_size", None) or own.pool_size
        dilation = getattr(own, "dilation_rate", (1,) * len(size))
        given = (size, own.strides, dilation, own.padding, own.data_format)
        return _WindowSettings(*given, getattr(own, "groups", 1))
    rank = len(call.inputs[0].shape) - 2
    kernel = None if "pool_size" in own.settings else call.arguments.args[1].shape
    size = kernel[:-2] if kernel else per_axis(own.settings["pool_size"], rank, "pool_size")
    strides = own.settings.get("strides")
    strides = size if strides is None else per_axis(strides, rank, "strides")
    dilation = per_axis(own.settings.get("dilation_rate", 1), rank, "dilation_rate")
    data_format = standardize_data_format(own.settings.get("data_format"))
    channels = call.inputs[0].shape[1 if data_format == "channels_first" else -1]
    groups = channels // kernel[-2] if kernel else 1
    return _WindowSettings(size, strides, dilation, own.settings["padding"], data_format, groups)


class _WindowSettings(NamedTuple):
    size: Shape
    strides: Shape
    dilation: Shape
    padding: Any
    data_format: str
    groups: int

    def windows(self, lengths: Shape) -> list[Window]:
        """One for each spatial axis, of these lengths."""
        padding = standardize_padding(self.padding, allow_causal=True, allow_pairs=True)
        pairs = pad_pairs(padding, lengths, self.size, self.strides, self.dilation)
        return [*map(Window, self.size, self.strides, self.dilation, [pair[0] for pair in pairs])]


def sliding(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Of a convolution or pooling: the windows, on each channel."""
    (reach,), (before, after) = parts, _shapes(call)
    settings = _settings(call)
    axes = _spatial(settings, len(before))
    found = settings.windows(tuple(before[a] for a in axes))
    for axis, window in zip(axes, found, strict=True):
        reach = reach.take(axis, windows.sliding(window, before[axis], after[axis]))
    return reach.with_lines(_each_line(reach.lines, found, _behind_window))


def convolution(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows, on all channels (of a group)."""
    settings, (before, after) = _settings(call), _shapes(call)
    channel = 0 if settings.data_format == "channels_first" else len(before) - 1
    return _mixed(sliding(call, parts), channel, settings.groups, after[channel])


def depthwise(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows, on each channel, whose outputs stand side by side."""
    settings, (before, after) = _settings(call), _shapes(call)
    channel = 0 if settings.data_format == "channels_first" else len(before) - 1
    return _mixed(sliding(call, parts), channel, before[channel], after[channel])


def transposed(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows of a transposed convolution, on all channels."""
    (reach,), layer, (before, after) = parts, _settings(call), _shapes(call)
    axes = _spatial(layer, len(before))
    lengths = [before[a] for a in axes], [after[a] for a in axes]
    steps = (layer.size, layer.strides, layer.dilation)
    pairs = transposed_pairs(*lengths, *steps)
    found = [*map(Window, *steps, [pair[0] for pair in pairs])]
    for axis, window in zip(axes, found, strict=True):
        reach = reach.take(axis, windows.spreading(window, before[axis], after[axis]))
    channel = 0 if layer.data_format == "channels_first" else len(before) - 1
    lines = _each_line(reach.lines, found, _behind_transposed)
    return _mixed(reach.with_lines(lines), channel, 1, after[channel])


def adaptive_pool(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Windows that share the axis out."""
    (reach,), (before, after) = parts, _shapes(call)
    for axis in _spatial(call.operation, len(before)):
        reach = reach.take(axis, windows.adaptive(before[axis], after[axis]))
    return reach.with_lines([None] * len(reach.lines))


def global_pool(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """All positions."""
    layer, (before, _) = call.operation, _shapes(call)
    return parts[0].whole(_spatial(layer, len(before)), layer.keepdims)


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


def repeated(call: SymbolicCall, parts: Sequence[Reach]) -> Reach | None:
    """Of an upsampling: each element several times, or interpolated between two."""
    (reach,), layer, (before, after) = parts, call.operation, _shapes(call)
    kind = getattr(layer, "interpolation", "nearest")
    if kind not in ("nearest", "bilinear"):
        return None
    axes = _spatial(layer, len(before))
    for axis in axes:
        nearest = [np.arange(after[axis]) * before[axis] // after[axis]]
        bilinear = windows.interpolated(before[axis], after[axis])
        reach = reach.take(axis, nearest if kind == "nearest" else bilinear)
    times = [Fraction(after[a], before[a]) for a in axes]
    extra = int(kind == "bilinear")
    lines = _each_line(
        reach.lines,
        times,
        lambda line, n: Line(line.size + extra * line.stride, line.stride / n, line.start),
    )
    return reach.with_lines([None] * len(lines) if extra else lines)


def shifted(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Of padding and cropping: elements move along, new ones depend on nothing."""
    (reach,), layer, (before, after) = parts, call.operation, _shapes(call)
    padding, cropping = getattr(layer, "padding", None), getattr(layer, "cropping", None)
    shifts = [-pair[0] for pair in padding] if padding else [pair[0] for pair in cropping]
    for axis, shift in zip(_spatial(layer, len(before)), shifts, strict=True):
        reach = reach.take(
            axis, windows.sliding(Window(1, before=-shift), before[axis], after[axis])
        )
    lines = _each_line(
        reach.lines, shifts, lambda line, n: line._replace(start=line.start + n * line.stride)
    )
    return reach.with_lines(lines)


def _mixed(reach: Reach, channel: int, groups: int, outputs: int) -> Reach:
    """Each output channel depends on all input channels of its group."""
    bounds = reach.bounds
    if bounds.shape[channel] == 1 or groups == 1:
        return reach.whole([channel])
    parts = [
        Reach(part, reach.lines).whole([channel]) for part in np.split(bounds, groups, axis=channel)
    ]
    return joined(parts, [outputs // groups] * groups, channel)


def _each_line(
    lines: Sequence[Line | None], settings: Sequence, rule: Callable[[Line, Any], Line]
) -> list[Line | None]:
    """The formula along each axis, behind a layer with these settings."""
    if len(lines) != len(settings):
        return [None] * len(lines)
    return [
        None if line is None else rule(line, n) for line, n in zip(lines, settings, strict=True)
    ]


def _behind_window(line: Line, window: Window) -> Line:
    """The formula of Araujo et al. (see `reach.py`)."""
    return Line(
        line.size + (window.size - 1) * window.dilation * line.stride,
        line.stride * window.stride,
        line.start - window.before * line.stride,
    )


def _behind_transposed(line: Line, window: Window) -> Line:
    """An output depends on up to ⌈k / s⌉ inputs; outputs lie s times as close."""
    span = (window.size - 1) * window.dilation
    return Line(
        line.size + span // window.stride * line.stride,
        line.stride / window.stride,
        line.start + Fraction(window.before - span, window.stride) * line.stride,
    )


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
