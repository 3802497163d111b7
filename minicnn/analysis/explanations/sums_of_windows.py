"""How convolutions and poolings compute one element: the window, its products, their sum.

Every rule takes a call, the element `(sample, *index)` and the names of the tensors it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.explanations.activation_steps import finished
from minicnn.analysis.explanations.explanation import Parts, Step, Terms
from minicnn.analysis.explanations.places import grid, is_inside, values_at
from minicnn.analysis.reach_of_windows import taps_of
from minicnn.analysis.watched_calls import Call

At = tuple[int, ...]


def channel_axis(layer: Any, rank: int) -> int:
    """The axis of the channels, without the batch."""
    return 0 if layer.data_format == "channels_first" else rank - 1


def window_at(call: Call, at: At, channels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The places `(*window, channels, axes)` under the window of an output, and what is there."""
    x = call.inputs[0].numpy()[at[0]]
    channel = channel_axis(call.layer, x.ndim)
    positions = {a: [int(tap[at[1 + a]]) for tap in taps] for a, taps in taps_of(call).items()}
    places = grid(positions | {channel: channels})
    return places, values_at(x, places)


def convolution(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[p, f] = activation(b[f] + Σ x[p·stride + k·dilation, c] · w[k, c, f])`."""
    layer, kernel = call.layer, call.layer.kernel.numpy()
    f = at[1 + channel_axis(layer, len(at) - 1)]
    count = kernel.shape[-2]
    first = f // (kernel.shape[-1] // layer.groups) * count
    places, patch = window_at(call, at, range(first, first + count))
    factors = {"input": patch, "kernel": kernel[..., f]}
    return finished(call, at, [Terms("window", sources[0], places, factors)], f)


def depthwise(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[p, c·m + j] = activation(b[c·m + j] + Σ x[p·stride + k·dilation, c] · w[k, c, j])`."""
    layer, kernel = call.layer, call.layer.kernel.numpy()
    f = at[1 + channel_axis(layer, len(at) - 1)]
    c, j = divmod(f, layer.depth_multiplier)
    places, patch = window_at(call, at, [c])
    factors = {"input": patch, "kernel": kernel[..., c : c + 1, j]}
    return finished(call, at, [Terms("window", sources[0], places, factors)], f)


def separable(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """A depthwise convolution of each channel, then the products with the pointwise kernel."""
    layer = call.layer
    depth, point = layer.depthwise_kernel.numpy(), layer.pointwise_kernel.numpy()
    f = at[1 + channel_axis(layer, len(at) - 1)]
    places, patch = window_at(call, at, range(depth.shape[-2]))
    wide = (*patch.shape, depth.shape[-1])
    places = np.broadcast_to(places[..., None, :], (*wide, places.shape[-1]))
    first = {"input": np.broadcast_to(patch[..., None], wide), "depthwise kernel": depth}
    window = Terms("window of each channel", sources[0], places, first)
    sums = window.products.sum(axis=tuple(range(layer.rank))).reshape(-1)
    second = {"depthwise sum": sums, "pointwise kernel": point.reshape(-1, point.shape[-1])[:, f]}
    return finished(call, at, [window, Terms("channels", "", None, second)], f)


def transposed(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[p·stride + k·dilation, f] += x[p, c] · w[k, f, c]`: the inputs that reach this output."""
    kernel = call.layer.kernel.numpy()
    f = at[1 + channel_axis(call.layer, len(at) - 1)]
    places, patch = window_at(call, at, range(kernel.shape[-1]))
    factors = {"input": patch, "kernel": kernel[..., f, :]}
    return finished(call, at, [Terms("inputs that reach it", sources[0], places, factors)], f)


def maximum_of_window(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[p, c] = max x[p·stride + k, c]`."""
    places, patch = pooled_window(call, at)
    chosen = winner(places, patch)
    where = ", ".join(map(str, places[chosen]))
    step = Step("largest", f"input[{where}]", float(patch[chosen]))
    return Parts([Terms("window", sources[0], places, {"input": patch}, chosen)], [step])


def mean_of_window(call: Call, at: At, sources: Sequence[str]) -> Parts:
    """`y[p, c] = mean x[p·stride + k, c]`, over the elements that are not padding."""
    places, patch = pooled_window(call, at)
    total, count = float(patch.sum(dtype="float64")), int(is_inside(places).sum())
    steps = [
        Step("sum of the window", "Σ input", total),
        Step("mean", f"sum / {count}", total / count),
    ]
    return Parts([Terms("window", sources[0], places, {"input": patch})], steps)


def pooled_window(call: Call, at: At) -> tuple[np.ndarray, np.ndarray]:
    """The window of a pooling, which stays within its channel."""
    layer, x = call.layer, call.inputs[0]
    channel = channel_axis(layer, len(x.shape) - 1)
    index = at[1:]
    if len(at) < len(x.shape):  # a global pooling without the axes that it reduces
        index = [0] * (len(x.shape) - 1)
        index[channel] = at[1]
    return window_at(call, (at[0], *index), [index[channel]])


def winner(places: np.ndarray, patch: np.ndarray) -> At:
    """The first of the largest elements that are not padding."""
    inside = np.where(is_inside(places), patch, -np.inf)
    return tuple(int(n) for n in np.unravel_index(inside.argmax(), inside.shape))
