"""Which windows an element of the input lies in, and what they give to its gradient.

Every rule takes the call that the element went into, the number of the input, the element
`(sample, *index)` and the gradient to what the layer computes before its activation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.explanations.explanation import Terms
from minicnn.analysis.explanations.places import grid
from minicnn.analysis.explanations.sums_of_windows import channel_axis, pooled_window, winner
from minicnn.analysis.reach_of_windows import taps_of
from minicnn.analysis.recorded_gradients import Cotangent
from minicnn.analysis.watched_calls import Call

At = tuple[int, ...]


def windows_over(call: Call, at: At, channels: Sequence[int]) -> tuple[list, np.ndarray]:
    """The windows that an element lies in.

    Returns:
        For each spatial axis the tap that the element is under, an array `(*windows, channels)`;
        and the places of the windows in the output, with the last axis for the axes.
    """
    rank = len(call.inputs[0].shape) - 1
    channel = channel_axis(call.layer, rank)
    pairs = {
        axis: [
            (t, int(o)) for t, tap in enumerate(taps) for o in np.flatnonzero(tap == at[1 + axis])
        ]
        for axis, taps in taps_of(call).items()
    }
    numbers = grid({a: range(len(found)) for a, found in pairs.items()} | {channel: channels})
    taps, places = [], np.array(numbers, int)
    for axis, found in pairs.items():
        table = np.array(found, int).reshape(-1, 2)
        taps.append(table[numbers[..., axis].astype(int), 0])
        places[..., axis] = table[numbers[..., axis].astype(int), 1]
    return taps, places


def weighted(call: Call, at: At, cotangent: Cotangent, places: np.ndarray, **factors: Any) -> list:
    """`Σ cotangent[place] · factor`."""
    where = (at[0], *np.moveaxis(places, -1, 0))
    return [Terms(call.name, call.name, places, {**cotangent.factors(where), **factors})]


def convolution(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[i, c] = Σ δ[o, f] · w[i − o·stride, c, f]`, over the windows o that i lies in."""
    kernel = call.layer.kernel.numpy()
    c = at[1 + channel_axis(call.layer, len(at) - 1)]
    group, local = divmod(c, kernel.shape[-2])
    count = kernel.shape[-1] // call.layer.groups
    filters = range(group * count, (group + 1) * count)
    taps, places = windows_over(call, at, filters)
    f = places[..., channel_axis(call.layer, len(at) - 1)]
    return weighted(call, at, cotangent, places, kernel=kernel[(*taps, local, f)])


def depthwise(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[i, c] = Σ δ[o, c·m + j] · w[i − o·stride, c, j]`."""
    kernel, m = call.layer.kernel.numpy(), call.layer.depth_multiplier
    channel = channel_axis(call.layer, len(at) - 1)
    c = at[1 + channel]
    taps, places = windows_over(call, at, range(c * m, c * m + m))
    j = places[..., channel] - c * m
    return weighted(call, at, cotangent, places, kernel=kernel[(*taps, c, j)])


def transposed(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[p, c] = Σ δ[p·stride + k, f] · w[k, f, c]`: a convolution of the cotangent."""
    kernel = call.layer.kernel.numpy()
    channel = channel_axis(call.layer, len(at) - 1)
    taps, places = windows_over(call, at, range(kernel.shape[-2]))
    f, c = places[..., channel], at[1 + channel]
    return weighted(call, at, cotangent, places, kernel=kernel[(*taps, f, c)])


def mean_of_window(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[i] = Σ δ[o] / n[o]`, n the number of elements of window o that are not padding."""
    _, places = windows_over(call, at, [at[1 + channel_axis(call.layer, len(at) - 1)]])
    share = np.ones(places.shape[:-1])
    for axis, taps in taps_of(call).items():
        counts = np.sum([tap >= 0 for tap in taps], axis=0)
        share = share / counts[places[..., axis]]
    return weighted(call, at, cotangent, in_output(call, places), share=share)


def maximum_of_window(call: Call, number: int, at: At, cotangent: Cotangent) -> list[Terms]:
    """`∂L/∂x[i] = Σ δ[o]`, over the windows whose largest element is i."""
    _, places = windows_over(call, at, [at[1 + channel_axis(call.layer, len(at) - 1)]])
    ends = in_output(call, places)
    wins = np.zeros(places.shape[:-1])
    for i in np.ndindex(wins.shape):
        inside, patch = pooled_window(call, (at[0], *(int(n) for n in ends[i])))
        wins[i] = tuple(inside[winner(inside, patch)]) == at[1:]
    return weighted(call, at, cotangent, ends, largest=wins)


def in_output(call: Call, places: np.ndarray) -> np.ndarray:
    """The places in the output; of a global pooling only the channel is left."""
    if len(call.outputs[0].shape) == len(call.inputs[0].shape):
        return places
    channel = channel_axis(call.layer, places.shape[-1])
    return places[..., channel : channel + 1]
