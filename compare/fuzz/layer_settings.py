"""Draws settings for each layer that fit an input shape (without the batch).

Most settings are left out, and hypothesis removes those that a failure does not need, so the
printed programs are short.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from hypothesis import strategies as st

from compare.cases.case import LibraryObject

Shape = tuple[int, ...]
Draw = Callable[[Any], Any]
CHANNELS_FIRST = {"data_format": "channels_first"}
# Without celu, whose derivative at exactly 0 is 2 in Keras on TensorFlow.
ACTIVATIONS = (
    "relu tanh sigmoid softmax elu selu gelu silu softplus softsign leaky_relu relu6 mish "
    "hard_sigmoid hard_silu hard_tanh log_sigmoid log_softmax squareplus tanh_shrink soft_shrink "
    "sparse_plus exponential"
).split()


class LayerChoice(NamedTuple):
    """A layer that may be drawn. In its name, {n} is the number of spatial axes."""

    name: str
    ranks: tuple[int, ...]  # of shapes without the batch
    settings: Callable[[Draw, Shape], dict[str, Any] | None]  # None: no settings fit


def maybe(draw: Draw, **strategies: Any) -> dict[str, Any]:
    """A random part of these settings."""
    return {name: draw(s) for name, s in strategies.items() if draw(st.booleans())}


def each(draw: Draw, space: Shape, low: int, high: int | Shape) -> Shape:
    """A whole number for each axis."""
    highs = (high,) * len(space) if isinstance(high, int) else high
    return tuple(draw(st.integers(low, h)) for h in highs)


def activation() -> Any:
    """The name of an activation."""
    return st.sampled_from(ACTIVATIONS)


def spatial_axes(draw: Draw, shape: Shape) -> tuple[Shape, int, dict]:
    """The lengths of the spatial axes, the number of channels, and the setting `data_format`."""
    if draw(st.booleans()):
        return shape[1:], shape[0], dict(CHANNELS_FIRST)
    return shape[:-1], shape[-1], {}


def no_settings(draw: Draw, shape: Shape) -> dict:
    """No settings."""
    return {}


def weights(draw: Draw, name: str = "kernel") -> dict:
    """The settings that all layers with a kernel have."""
    return maybe(
        draw,
        use_bias=st.just(False),
        activation=activation(),
        **{
            f"{name}_regularizer": st.sampled_from(["l2", "l1"]),
            f"{name}_constraint": st.sampled_from(["max_norm", "non_neg", "unit_norm"]),
        },
    )


def dense(draw: Draw, shape: Shape) -> dict:
    """Dense."""
    return {"units": draw(st.integers(1, 5)), **weights(draw)}


def einsum_dense(draw: Draw, shape: Shape) -> dict:
    """EinsumDense: the product over any one axis, or over all but the first."""
    axes, units = "bcde"[: len(shape)], draw(st.integers(1, 5))
    summed = draw(st.sampled_from([*axes, axes[1:] or axes]))
    kept = "".join(axis for axis in axes if axis not in summed)
    form = draw(st.sampled_from(["letters", "before", "after"]))
    if form == "before" and summed == axes[-1]:
        kept, equation = "", f"...{summed},{summed}z->...z"
    elif form == "after" and summed == axes[0] and kept:
        kept, equation = "", f"a{summed}...,{summed}z->az..."
    else:
        equation = f"a{axes},{summed}z->a{kept}z"
    lengths = [shape[axes.index(axis)] for axis in kept]
    more = weights(draw)
    more.pop("use_bias", None)
    bias = maybe(draw, bias_axes=st.sampled_from(["z", f"{kept}z"]))
    return {"equation": equation, "output_shape": (*lengths, units), **bias, **more}


def spectral_normalized(draw: Draw, shape: Shape) -> dict:
    """SpectralNormalization of a dense layer or of a convolution."""
    name, inside = "Dense", {"units": draw(st.integers(1, 5))}
    if len(shape) > 1 and draw(st.booleans()):
        name = f"Conv{len(shape) - 1}D"
        inside = {"filters": draw(st.integers(1, 3)), **window(draw, shape[:-1])}
    layer = LibraryObject(f"layers.{name}", inside)
    return {"layer": layer} | maybe(draw, power_iterations=st.integers(2, 3))


def window(draw: Draw, space: Shape, even: bool = False) -> dict:
    """Kernel size, strides or dilation, and padding that fit."""
    paddings = ["valid", "same"] + ["causal"] * (len(space) == 1 and not even)
    padding = draw(st.sampled_from(paddings))
    spread = draw(st.sampled_from([None, "strides", "dilation_rate"]))
    steps = each(draw, space, 1, 3) if spread else (1,) * len(space)
    if even:
        steps = steps[:1] * len(steps)
    dilation = steps if spread == "dilation_rate" else (1,) * len(space)
    reach = [
        (n - 1) // d + 1 if padding == "valid" else 4 for n, d in zip(space, dilation, strict=True)
    ]
    found = {"kernel_size": each(draw, space, 1, tuple(min(4, r) for r in reach))}
    found |= {spread: steps} if spread else {}
    return found | ({"padding": padding} if padding != "valid" else {})


def convolution(draw: Draw, shape: Shape) -> dict:
    """Conv{n}D.

    TensorFlow compiles each convolution with groups, which takes seconds, so few are drawn.
    """
    space, channels, place = spatial_axes(draw, shape)
    divisors = [g for g in range(2, channels + 1) if channels % g == 0]
    grouped = divisors and draw(st.integers(0, 7)) == 7
    groups = draw(st.sampled_from(divisors)) if grouped else 1
    filters = groups * draw(st.integers(1, 3))
    found = {"filters": draw(st.sampled_from([filters, channels])), **window(draw, space)}
    if place and found.get("padding") == "causal":
        found["padding"] = "same"
    return found | ({"groups": groups} if groups > 1 else {}) | place | weights(draw)


def transposed(draw: Draw, shape: Shape) -> dict:
    """Conv{n}DTranspose; TensorFlow supports no dilation."""
    space, _, place = spatial_axes(draw, shape)
    found = {"filters": draw(st.integers(1, 3)), "kernel_size": each(draw, space, 1, 4)}
    found |= maybe(draw, strides=st.just(each(draw, space, 1, 3)), padding=st.just("same"))
    strides = found.get("strides", (1,))
    if min(strides) > 1 and draw(st.booleans()):
        found["output_padding"] = draw(st.integers(0, min(strides) - 1))
    return found | place | weights(draw)


def depthwise(draw: Draw, shape: Shape) -> dict:
    """DepthwiseConv{n}D; TensorFlow supports only equal strides."""
    space, _, place = spatial_axes(draw, shape)
    found = window(draw, space, even=True) | maybe(draw, depth_multiplier=st.integers(1, 3))
    return found | place | weights(draw, "depthwise")


def separable(draw: Draw, shape: Shape) -> dict:
    """SeparableConv{n}D."""
    space, _, place = spatial_axes(draw, shape)
    found = {"filters": draw(st.integers(1, 4)), **window(draw, space, even=True)}
    found |= maybe(draw, depth_multiplier=st.integers(1, 2))
    return found | place | weights(draw, "pointwise")


def pooling(draw: Draw, shape: Shape) -> dict:
    """Max- and AveragePooling{n}D."""
    space, _, place = spatial_axes(draw, shape)
    padding = draw(st.sampled_from(["valid", "same"]))
    sizes = each(draw, space, 1, tuple(min(3, n) if padding == "valid" else 3 for n in space))
    found = {"pool_size": sizes} | maybe(draw, strides=st.just(each(draw, space, 1, 3)))
    return found | ({"padding": "same"} if padding == "same" else {}) | place


def global_pooling(draw: Draw, shape: Shape) -> dict:
    """Global{Max,Average}Pooling{n}D."""
    return spatial_axes(draw, shape)[2] | maybe(draw, keepdims=st.just(True))


def adaptive_average(draw: Draw, shape: Shape) -> dict:
    """AdaptiveAveragePooling{n}D."""
    space, _, place = spatial_axes(draw, shape)
    return {"output_size": each(draw, space, 1, space)} | place


def adaptive_max(draw: Draw, shape: Shape) -> dict | None:
    """AdaptiveMaxPooling{n}D, with at least two outputs along each axis.

    For one output, Keras on TensorFlow also uses a window larger than the input, whose gradient is
    uninitialised memory.
    """
    space, _, place = spatial_axes(draw, shape)
    return {"output_size": each(draw, space, 2, space)} | place if min(space) > 1 else None


def padding(draw: Draw, shape: Shape) -> dict:
    """ZeroPadding{n}D."""
    space, _, place = spatial_axes(draw, shape)
    pairs = tuple(each(draw, (0, 0), 0, 2) for _ in space)
    return {"padding": pairs if len(space) > 1 else pairs[0]} | place


def cropping(draw: Draw, shape: Shape) -> dict:
    """Cropping{n}D; in one dimension it has no data format."""
    space, _, place = spatial_axes(draw, shape) if len(shape) > 2 else (shape[:-1], 0, {})
    befores = each(draw, space, 0, tuple(min(2, n - 1) for n in space))
    afters = each(
        draw, space, 0, tuple(min(2, n - 1 - b) for n, b in zip(space, befores, strict=True))
    )
    pairs = tuple(zip(befores, afters, strict=True))
    return {"cropping": pairs if len(space) > 1 else pairs[0]} | place


def upsampling(draw: Draw, shape: Shape) -> dict:
    """UpSampling{n}D."""
    space, _, place = spatial_axes(draw, shape)
    sizes = each(draw, space, 1, 3)
    if len(space) == 1:
        return {"size": sizes[0]}
    smooth = st.sampled_from(["bilinear", "bicubic"])
    return {"size": sizes} | place | (maybe(draw, interpolation=smooth) if len(space) == 2 else {})


def reshaped(draw: Draw, shape: Shape) -> dict:
    """Reshape."""
    size = prod(shape)
    last = draw(st.sampled_from([d for d in range(1, 9) if size % d == 0]))
    rest = size // last
    middle = draw(st.sampled_from([d for d in range(1, 9) if rest % d == 0]))
    shapes = [(size,), (-1, last), (rest, last), (rest // middle, middle, last)]
    return {"target_shape": draw(st.sampled_from(shapes))}


def permuted(draw: Draw, shape: Shape) -> dict:
    """Permute."""
    return {"dims": tuple(draw(st.permutations(range(1, len(shape) + 1))))}


def axes(draw: Draw, shape: Shape) -> dict:
    """An axis, or two."""
    one = st.integers(1, len(shape))
    several = st.just(list(range(1, len(shape) + 1)))
    return maybe(draw, axis=st.one_of(one, several))


def batch_normalized(draw: Draw, shape: Shape) -> dict:
    """BatchNormalization."""
    return maybe(
        draw,
        axis=st.integers(1, len(shape)),
        momentum=st.sampled_from([0.9, 0.5]),
        epsilon=st.sampled_from([0.1, 1e-5]),
        center=st.just(False),
        scale=st.just(False),
    )


def layer_normalized(draw: Draw, shape: Shape) -> dict:
    """LayerNormalization."""
    return axes(draw, shape) | maybe(
        draw, epsilon=st.just(0.1), center=st.just(False), scale=st.just(False)
    )


def group_normalized(draw: Draw, shape: Shape) -> dict:
    """GroupNormalization."""
    divisors = [g for g in range(1, shape[-1] + 1) if shape[-1] % g == 0]
    return {"groups": draw(st.sampled_from([*divisors, -1]))} | maybe(
        draw, epsilon=st.just(0.1), center=st.just(False), scale=st.just(False)
    )


def scaled(draw: Draw, shape: Shape) -> dict:
    """Rescaling."""
    return {"scale": draw(st.sampled_from([0.5, 2.0]))} | maybe(draw, offset=st.just(0.25))


def with_settings(**strategies: Any) -> Callable[[Draw, Shape], dict]:
    """Makes the function `settings` of a layer whose settings fit any shape."""
    return lambda draw, shape: maybe(draw, **strategies)


ANY, SPATIAL, LARGE = (1, 2, 3, 4), (2, 3, 4), (2, 3)
# With a rate of zero a layer hands its input on as it is; with this one it drops nothing, either.
RARE = st.sampled_from([0.0, 1e-9])
ONE_INPUT = [
    LayerChoice("Dense", ANY, dense),
    LayerChoice("Activation", ANY, lambda draw, shape: {"activation": draw(activation())}),
    *[LayerChoice("Conv{n}D", SPATIAL, convolution)] * 3,
    LayerChoice("Flatten", SPATIAL, no_settings),
    LayerChoice("MaxPooling{n}D", SPATIAL, pooling),
    LayerChoice("AveragePooling{n}D", SPATIAL, pooling),
    LayerChoice("BatchNormalization", ANY, batch_normalized),
    LayerChoice("DepthwiseConv{n}D", LARGE, depthwise),
    LayerChoice("SeparableConv{n}D", LARGE, separable),
    LayerChoice("Conv{n}DTranspose", SPATIAL, transposed),
    LayerChoice("GlobalMaxPooling{n}D", SPATIAL, global_pooling),
    LayerChoice("GlobalAveragePooling{n}D", SPATIAL, global_pooling),
    LayerChoice("AdaptiveMaxPooling{n}D", SPATIAL, adaptive_max),
    LayerChoice("AdaptiveAveragePooling{n}D", SPATIAL, adaptive_average),
    LayerChoice("ZeroPadding{n}D", SPATIAL, padding),
    LayerChoice("Cropping{n}D", SPATIAL, cropping),
    LayerChoice("UpSampling{n}D", SPATIAL, upsampling),
    LayerChoice("LayerNormalization", ANY, layer_normalized),
    LayerChoice("GroupNormalization", SPATIAL, group_normalized),
    LayerChoice("EinsumDense", ANY, einsum_dense),
    LayerChoice("SpectralNormalization", ANY, spectral_normalized),
    LayerChoice("RMSNormalization", ANY, with_settings(epsilon=st.just(0.1))),
    LayerChoice("UnitNormalization", ANY, axes),
    LayerChoice("Reshape", ANY, reshaped),
    LayerChoice("Permute", ANY, permuted),
    LayerChoice("RepeatVector", (1,), lambda draw, shape: {"n": draw(st.integers(1, 3))}),
    LayerChoice("ReLU", ANY, with_settings(max_value=st.just(0.8), negative_slope=st.just(0.1))),
    LayerChoice("LeakyReLU", ANY, with_settings(negative_slope=st.just(0.1))),
    LayerChoice("PReLU", ANY, with_settings(shared_axes=st.just([1]))),
    LayerChoice("ELU", ANY, with_settings(alpha=st.just(1.5))),
    LayerChoice("Softmax", ANY, axes),
    LayerChoice("Dropout", ANY, lambda draw, shape: {"rate": draw(RARE)}),
    LayerChoice("SpatialDropout{n}D", SPATIAL, lambda draw, shape: {"rate": draw(RARE)}),
    LayerChoice("GaussianNoise", ANY, lambda draw, shape: {"stddev": draw(RARE)}),
    LayerChoice("Rescaling", ANY, scaled),
    LayerChoice("ActivityRegularization", ANY, with_settings(l1=st.just(0.1), l2=st.just(0.1))),
    LayerChoice("Identity", ANY, no_settings),
]
ELEMENTWISE_MERGES = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")
