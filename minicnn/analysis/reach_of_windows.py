"""Rules of `reach_rules.py` for layers with windows: convolution, pooling, padding, resizing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from minicnn import layers
from minicnn.analysis import windows
from minicnn.analysis.reach import Line, Reach, joined
from minicnn.analysis.symbolic_calls import SymbolicCall
from minicnn.analysis.windows import Window
from minicnn.common.sliding_windows import pad_pairs
from minicnn.common.window_arguments import (
    per_axis,
    standardize_data_format,
    standardize_padding,
)
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.pooling.base_adaptive_pooling import BaseAdaptivePooling
from minicnn.layers.pooling.base_global_pooling import BaseGlobalPooling
from minicnn.ops.nn.output_shapes import transposed_pairs

Shape = tuple[int, ...]


def spatial_axes(layer: Any, rank: int) -> range:
    """The spatial axes of a layer with `data_format`."""
    first = layer.data_format == "channels_first"
    return range(int(first), rank - 1 + int(first))


def shapes_of(call: SymbolicCall) -> tuple[Shape, Shape]:
    """Of the first input and of the output, without the batch."""
    return tuple(call.inputs[0].shape[1:]), tuple(call.outputs[0].shape[1:])


def window_settings(call: SymbolicCall) -> Any:
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


def taps_of(call: Any) -> dict[int, windows.Taps]:
    """For each spatial axis of a convolution or pooling the taps of its windows.

    Args:
        call: with `operation`, `inputs` and `outputs`. Axes are counted without the batch.
    """
    before, after = shapes_of(call)
    axes = spatial_axes(call.operation, len(before))
    if isinstance(call.operation, BaseGlobalPooling):
        return {a: [np.array([i]) for i in range(before[a])] for a in axes}
    if isinstance(call.operation, BaseAdaptivePooling):
        return {a: windows.adaptive(before[a], after[a]) for a in axes}
    transposes = isinstance(call.operation, BaseConvTranspose)
    found = transposed_windows(call) if transposes else sliding_windows(call)
    rule = windows.spreading if transposes else windows.sliding
    return {a: rule(found[a], before[a], after[a]) for a in axes}


def sliding_windows(call: Any) -> dict[int, Window]:
    """The window along each spatial axis."""
    settings, (before, _) = window_settings(call), shapes_of(call)
    axes = spatial_axes(settings, len(before))
    return dict(zip(axes, settings.windows(tuple(before[a] for a in axes)), strict=True))


def transposed_windows(call: Any) -> dict[int, Window]:
    """The same of a transposed convolution."""
    settings, (before, after) = window_settings(call), shapes_of(call)
    axes = spatial_axes(settings, len(before))
    lengths = [before[a] for a in axes], [after[a] for a in axes]
    steps = (settings.size, settings.strides, settings.dilation)
    pairs = transposed_pairs(*lengths, *steps)
    return dict(zip(axes, map(Window, *steps, [pair[0] for pair in pairs]), strict=True))


def sliding(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Of a convolution or pooling: the windows, on each channel."""
    (reach,), (before, after) = parts, shapes_of(call)
    found = sliding_windows(call)
    for axis, window in found.items():
        reach = reach.take(axis, windows.sliding(window, before[axis], after[axis]))
    return reach.with_lines(_each_line(reach.lines, [*found.values()], _behind_window))


def convolution(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows, on all channels (of a group)."""
    settings, (before, after) = window_settings(call), shapes_of(call)
    channel = 0 if settings.data_format == "channels_first" else len(before) - 1
    return _mixed(sliding(call, parts), channel, settings.groups, after[channel])


def depthwise(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows, on each channel, whose outputs stand side by side."""
    settings, (before, after) = window_settings(call), shapes_of(call)
    channel = 0 if settings.data_format == "channels_first" else len(before) - 1
    return _mixed(sliding(call, parts), channel, before[channel], after[channel])


def transposed(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """The windows of a transposed convolution, on all channels."""
    (reach,), (before, after) = parts, shapes_of(call)
    found = transposed_windows(call)
    for axis, window in found.items():
        reach = reach.take(axis, windows.spreading(window, before[axis], after[axis]))
    channel = 0 if window_settings(call).data_format == "channels_first" else len(before) - 1
    lines = _each_line(reach.lines, [*found.values()], _behind_transposed)
    return _mixed(reach.with_lines(lines), channel, 1, after[channel])


def adaptive_pool(call: SymbolicCall, parts: Sequence[Reach]) -> Reach:
    """Windows that share the axis out."""
    (reach,), (before, after) = parts, shapes_of(call)
    for axis in spatial_axes(call.operation, len(before)):
        reach = reach.take(axis, windows.adaptive(before[axis], after[axis]))
    return reach.with_lines([None] * len(reach.lines))


def repeated(call: SymbolicCall, parts: Sequence[Reach]) -> Reach | None:
    """Of an upsampling: each element several times, or interpolated between two."""
    (reach,), layer, (before, after) = parts, call.operation, shapes_of(call)
    kind = getattr(layer, "interpolation", "nearest")
    if kind not in ("nearest", "bilinear"):
        return None
    axes = spatial_axes(layer, len(before))
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
    (reach,), layer, (before, after) = parts, call.operation, shapes_of(call)
    padding, cropping = getattr(layer, "padding", None), getattr(layer, "cropping", None)
    shifts = [-pair[0] for pair in padding] if padding else [pair[0] for pair in cropping]
    for axis, shift in zip(spatial_axes(layer, len(before)), shifts, strict=True):
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
