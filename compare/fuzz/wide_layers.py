"""Draws settings for layers with many channels, of the sizes that compiled kernels are made for.

Most activations have no kinks. Near one, rounding decides on which side a number lies; among a
hundred thousand numbers there is always one, and then only large errors are seen.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from compare.fuzz import layer_settings
from compare.fuzz.layer_settings import Draw, LayerChoice, Shape, maybe

SMOOTH = st.sampled_from([None, "tanh", "sigmoid", "silu", "gelu", "softplus", "elu", "relu"])
MOST = 160
VECTORS = st.sampled_from([8, 16, 24, 32, 64])  # multiples of eight fill the processor's vectors
CHANNELS = st.one_of(st.integers(1, 40), VECTORS, VECTORS, st.integers(33, MOST))


def _activated(draw: Draw, settings: dict[str, Any]) -> dict[str, Any]:
    activation = draw(SMOOTH)
    settings = settings | maybe(draw, use_bias=st.just(False))
    return settings | ({"activation": activation} if activation else {})


def _padding(draw: Draw, space: Shape, size: int) -> dict[str, Any]:
    fits = size <= min(space)
    return {} if fits and draw(st.booleans()) else {"padding": "same"}


def three_by_three(draw: Draw, shape: Shape) -> dict:
    """Conv2D with a kernel of 3 × 3 and strides of 1: Winograd's algorithm."""
    found = {"filters": draw(CHANNELS), "kernel_size": 3, **_padding(draw, shape[:-1], 3)}
    return _activated(draw, found)


def any_window(draw: Draw, shape: Shape) -> dict:
    """Conv{n}D with any kernel, strides, dilation or groups."""
    space, channels, place = shape[:-1], shape[-1], {}
    if draw(st.integers(0, 3)) == 3:
        space, channels, place = layer_settings.spatial_axes(draw, shape)
    size = draw(st.sampled_from([1, 2, 3, 5]))
    found = {"kernel_size": size, **_padding(draw, space, size), **place}
    spread = draw(st.sampled_from([None, "strides", "dilation_rate"]))
    if spread and (spread == "strides" or (size - 1) * 2 < min(space)):
        found[spread] = 2
    divisors = [g for g in range(2, 9) if channels % g == 0]
    if divisors and draw(st.integers(0, 7)) == 7:
        found["groups"] = groups = draw(st.sampled_from(divisors))
        return _activated(draw, {"filters": groups * draw(st.integers(1, 9)), **found})
    return _activated(draw, {"filters": draw(CHANNELS), **found})


def depthwise(draw: Draw, shape: Shape) -> dict:
    """DepthwiseConv{n}D."""
    found = {"kernel_size": draw(st.sampled_from([2, 3, 5])), "padding": "same"}
    found |= maybe(draw, strides=st.just(2), depth_multiplier=st.just(2))
    return _activated(draw, found)


def separable(draw: Draw, shape: Shape) -> dict:
    """SeparableConv{n}D."""
    return _activated(draw, {"filters": draw(CHANNELS), "kernel_size": 3, "padding": "same"})


def dense(draw: Draw, shape: Shape) -> dict:
    """Dense."""
    return _activated(draw, {"units": draw(CHANNELS)})


def two_by_two(draw: Draw, shape: Shape) -> dict | None:
    """MaxPooling{n}D of 2 × 2."""
    return {"pool_size": 2} if min(shape[:-1]) > 1 else None


def activation(draw: Draw, shape: Shape) -> dict:
    """Activation."""
    return {"activation": draw(SMOOTH) or "softmax"}


PLANE, ANY = (3,), layer_settings.ANY
CONVOLUTION = LayerChoice("Conv{n}D", layer_settings.SPATIAL, any_window)
NORMALIZED = [
    *[LayerChoice("BatchNormalization", ANY, layer_settings.no_settings)] * 2,
    LayerChoice("ReLU", ANY, layer_settings.no_settings),
    LayerChoice("BatchNormalization", ANY, layer_settings.batch_normalized),
    LayerChoice("LayerNormalization", ANY, layer_settings.layer_normalized),
    LayerChoice("Activation", ANY, activation),
]
POOLED = [
    LayerChoice("MaxPooling{n}D", layer_settings.SPATIAL, two_by_two),
    LayerChoice("AveragePooling{n}D", layer_settings.SPATIAL, two_by_two),
    LayerChoice("MaxPooling{n}D", layer_settings.SPATIAL, layer_settings.pooling),
]
ENDS = [
    LayerChoice("GlobalAveragePooling{n}D", layer_settings.SPATIAL, layer_settings.no_settings),
    LayerChoice("Flatten", layer_settings.SPATIAL, layer_settings.no_settings),
]
WINOGRAD = [LayerChoice("Conv{n}D", PLANE, three_by_three)]
DENSE = [LayerChoice("Dense", ANY, dense)]
SPREAD = [
    CONVOLUTION,
    LayerChoice("DepthwiseConv{n}D", layer_settings.LARGE, depthwise),
    LayerChoice("SeparableConv{n}D", layer_settings.LARGE, separable),
]
