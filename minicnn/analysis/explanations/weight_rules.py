"""The sum that makes the gradient of one weight: over all samples and positions where it is used.

Every rule takes a call, the index of the weight and the gradient to what the layer computes before
its activation. Places have the sample in front.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import layers, ops
from minicnn.analysis.explanations.explanation import Terms
from minicnn.analysis.explanations.layer_copies import layer_with
from minicnn.analysis.explanations.places import grid, is_inside
from minicnn.analysis.explanations.sums_of_windows import channel_axis
from minicnn.analysis.reach_of_windows import taps_of
from minicnn.analysis.recorded_gradients import Cotangent
from minicnn.analysis.watched_calls import Call
from minicnn.layers.convolutional.base_conv import BaseConv, BaseConvolution
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv
from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv
from minicnn.layers.normalization.base_normalization import BaseNormalization

At = tuple[int, ...]


def convolution(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂w[k, c, f] = Σ x[n, o·stride + k, c] · δ[n, o, f]`."""
    *taps, c, f = at
    count = call.layer.kernel.shape[-1] // call.layer.groups
    return windowed(call, taps, f // count * call.layer.kernel.shape[-2] + c, f, cotangent, source)


def depthwise(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂w[k, c, j] = Σ x[n, o·stride + k, c] · δ[n, o, c·m + j]`."""
    *taps, c, j = at
    return windowed(call, taps, c, c * call.layer.depth_multiplier + j, cotangent, source)


def transposed(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂w[k, f, c] = Σ x[n, p, c] · δ[n, p·stride + k, f]`."""
    *taps, f, c = at
    return windowed(call, taps, c, f, cotangent, source)


def separable_depthwise(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂d[k, c, j] = Σ x[n, o·stride + k, c] · δ'[n, o, c·m + j]`, `δ' = Σ_f δ[f] · p[f]`."""
    *taps, c, j = at
    layer = call.layer
    point = layer.pointwise_kernel.numpy().reshape(-1, layer.filters)
    axis = 1 + channel_axis(layer, cotangent.before.ndim - 1)
    inner = np.moveaxis(np.moveaxis(cotangent.before, axis, -1) @ point.T, -1, axis)
    return windowed(call, taps, c, c * layer.depth_multiplier + j, Cotangent(inner), source)


def separable_pointwise(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂p[k, f] = Σ z[n, o, k] · δ[n, o, f]`, z the sums of the depthwise convolution."""
    layer, (k, f) = call.layer, at[-2:]
    sums = ops.depthwise_conv(call.inputs[0], layer.depthwise_kernel, **layer._window).numpy()
    axis = 1 + channel_axis(layer, sums.ndim - 1)
    positions = {a: [k] if a == axis else range(n) for a, n in enumerate(sums.shape)}
    places = grid(positions).reshape(-1, sums.ndim)
    outputs = places.copy()
    outputs[:, axis] = f
    factors = {"depthwise sum": sums[tuple(places.T)], **cotangent.factors(tuple(outputs.T))}
    return [Terms(call.name, call.name, outputs, factors)]


def windowed(
    call: Call, taps: Any, c: int, f: int, cotangent: Cotangent, source: str
) -> list[Terms]:
    """The elements of channel c under one tap, times the cotangents of filter f."""
    x = call.inputs[0].numpy()
    channel = channel_axis(call.layer, x.ndim - 1)
    under = {a: found[t] for (a, found), t in zip(taps_of(call).items(), taps, strict=True)}
    positions = {1 + a: range(len(tap)) for a, tap in under.items()}
    outputs = grid({0: range(len(x)), **positions, 1 + channel: [f]})
    places = outputs.copy()
    for axis, tap in under.items():
        places[..., 1 + axis] = tap[outputs[..., 1 + axis]]
    places[..., 1 + channel] = c
    used = is_inside(places)
    places, outputs = places[used], outputs[used]
    factors = {"input": x[tuple(places.T)], **cotangent.factors(tuple(outputs.T))}
    return [Terms(call.name, source, places, factors)]


def dense(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂w[i, u] = Σ x[n, i] · δ[n, u]`."""
    x = call.inputs[0].numpy()[..., at[0]]
    places = np.argwhere(np.ones(x.shape, bool))
    factors = cotangent.factors((..., at[1]))
    places = np.concatenate([places, np.full((len(places), 1), at[0])], axis=1)
    flat = {name: f.reshape(-1) for name, f in {"input": x, **factors}.items()}
    return [Terms(call.name, source, places, flat)]


def bias(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂b[f] = Σ δ[n, o, f]`."""
    return [Terms(call.name, call.name, *_channel(call, at[0], cotangent))]


def beta(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂beta[c] = Σ δ[n, o, c]`."""
    return [Terms(call.name, call.name, *_channel(call, at, cotangent))]


def gamma(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂gamma[c] = Σ x̂[n, o, c] · δ[n, o, c]`, x̂ what the layer computes without gamma, beta."""
    args, kwargs = call.arguments
    without = {"gamma": None, "beta": None, "scale": False, "center": False}
    bare = layer_with(call.layer, **without).call(*args, **kwargs).numpy()
    places, factors = _channel(call, at, cotangent)
    return [Terms(call.name, call.name, places, {"x̂": bare[tuple(places.T)], **factors})]


def _channel(call: Call, at: Any, cotangent: Cotangent) -> tuple[np.ndarray, dict]:
    """All elements of the output that one number of a vector belongs to."""
    shape = call.outputs[0].shape
    axis = getattr(call.layer, "axis", None)
    if axis is None:
        windowed = isinstance(call.layer, BaseConvolution)
        axis = 1 + channel_axis(call.layer, len(shape) - 1) if windowed else -1
    axes = [a % len(shape) for a in (axis if isinstance(axis, (list, tuple)) else [axis])]
    index = dict(zip(axes, at if isinstance(at, tuple) else (at,), strict=True))
    places = grid({a: [index[a]] if a in index else range(n) for a, n in enumerate(shape)})
    places = places.reshape(-1, len(shape))
    return places, cotangent.factors(tuple(places.T))


def embeddings(call: Call, at: At, cotangent: Cotangent, source: str) -> list[Terms]:
    """`∂L/∂table[r, j] = Σ δ[n, ..., j]`, over the places where r was looked up."""
    places = np.argwhere(call.inputs[0].numpy() == at[0])
    places = np.concatenate([places, np.full((len(places), 1), at[1])], axis=1)
    return [Terms(call.name, call.name, places, cotangent.factors(tuple(places.T)))]


WEIGHT_RULES: list[tuple[Any, str, Callable]] = [
    (BaseDepthwiseConv, "kernel", depthwise),
    (BaseSeparableConv, "depthwise_kernel", separable_depthwise),
    (BaseSeparableConv, "pointwise_kernel", separable_pointwise),
    (BaseConvTranspose, "kernel", transposed),
    (BaseConv, "kernel", convolution),
    (layers.Dense, "kernel", dense),
    ((BaseConvolution, layers.Dense), "bias", bias),
    (BaseNormalization, "gamma", gamma),
    (BaseNormalization, "beta", beta),
    (layers.Embedding, "embeddings", embeddings),
]
"""Classes of layers, the name of the weight, and the rule."""


def weight_rule(layer: Any, variable: Any) -> Callable | None:
    """The rule for a weight of a layer; None if there is none."""
    for kinds, name, rule in WEIGHT_RULES:
        if isinstance(layer, kinds) and getattr(layer, name, None) is variable:
            return rule
    return None
