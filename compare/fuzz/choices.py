"""What may be drawn for each layer: its settings, that fit a shape without the batch.

A setting is left out more often than not, and shrinking leaves out all that a failure does not
need, so the programs that are printed are short.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from hypothesis import strategies as st

Shape = tuple[int, ...]
Draw = Callable[[Any], Any]
FIRST = {"data_format": "channels_first"}
ACTIVATIONS = (
    "relu tanh sigmoid softmax elu selu gelu silu softplus softsign leaky_relu relu6 celu mish "
    "hard_sigmoid hard_silu hard_tanh log_sigmoid log_softmax squareplus tanh_shrink soft_shrink "
    "sparse_plus exponential"
).split()


class Kind(NamedTuple):
    """A layer that may be drawn. In its name, {n} is the number of axes in space."""

    name: str
    ranks: tuple[int, ...]  # of shapes without the batch
    settings: Callable[[Draw, Shape], dict[str, Any] | None]  # None: nothing fits


def maybe(draw: Draw, **strategies: Any) -> dict[str, Any]:
    """Some of these settings, or none."""
    return {name: draw(s) for name, s in strategies.items() if draw(st.booleans())}


def each(draw: Draw, space: Shape, low: int, high: int | Shape) -> Shape:
    """A whole number for each axis."""
    highs = (high,) * len(space) if isinstance(high, int) else high
    return tuple(draw(st.integers(low, h)) for h in highs)


def activation() -> Any:
    """The name of an activation."""
    return st.sampled_from(ACTIVATIONS)


def placed(draw: Draw, shape: Shape) -> tuple[Shape, int, dict]:
    """The axes in space and the channels, and the setting that says where the channels are."""
    if draw(st.booleans()):
        return shape[1:], shape[0], dict(FIRST)
    return shape[:-1], shape[-1], {}


def nothing(draw: Draw, shape: Shape) -> dict:
    """No settings."""
    return {}


def weights(draw: Draw, name: str = "kernel") -> dict:
    """What layers with a kernel have in common."""
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


def window(draw: Draw, space: Shape, even: bool = False) -> dict:
    """Kernel, strides or dilation, and padding, that fit."""
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
    """Conv{n}D. TensorFlow has channels first on a processor only for groups, or in 3-D; and it
    compiles each convolution with groups, which takes seconds, so there are few.
    """
    space, channels, place = placed(draw, shape)
    divisors = [g for g in range(2, channels + 1) if channels % g == 0]
    grouped = divisors and draw(st.integers(0, 7)) == 7
    groups = draw(st.sampled_from(divisors)) if grouped else 1
    if place and len(space) < 3 and groups == 1:
        space, channels, place = shape[:-1], shape[-1], {}
    filters = groups * draw(st.integers(1, 3))
    found = {"filters": draw(st.sampled_from([filters, channels])), **window(draw, space)}
    if place and found.get("padding") == "causal":
        found["padding"] = "same"
    return found | ({"groups": groups} if groups > 1 else {}) | place | weights(draw)


def transposed(draw: Draw, shape: Shape) -> dict:
    """Conv{n}DTranspose, which TensorFlow has with channels last and without dilation."""
    space = shape[:-1]
    found = {"filters": draw(st.integers(1, 3)), "kernel_size": each(draw, space, 1, 4)}
    found |= maybe(draw, strides=st.just(each(draw, space, 1, 3)), padding=st.just("same"))
    strides = found.get("strides", (1,))
    if min(strides) > 1 and draw(st.booleans()):
        found["output_padding"] = draw(st.integers(0, min(strides) - 1))
    return found | weights(draw)


def depthwise(draw: Draw, shape: Shape) -> dict:
    """DepthwiseConv{n}D, whose strides TensorFlow wants to be alike."""
    space, _, place = placed(draw, shape)
    found = window(draw, space, even=True) | maybe(draw, depth_multiplier=st.integers(1, 3))
    return found | place | weights(draw, "depthwise")


def separable(draw: Draw, shape: Shape) -> dict:
    """SeparableConv{n}D."""
    found = {"filters": draw(st.integers(1, 4)), **window(draw, shape[:-1], even=True)}
    found |= maybe(draw, depth_multiplier=st.integers(1, 2))
    return found | weights(draw, "pointwise")


def pooling(draw: Draw, shape: Shape) -> dict:
    """Max- and AveragePooling{n}D."""
    space, _, place = placed(draw, shape)
    padding = draw(st.sampled_from(["valid", "same"]))
    sizes = each(draw, space, 1, tuple(min(3, n) if padding == "valid" else 3 for n in space))
    found = {"pool_size": sizes} | maybe(draw, strides=st.just(each(draw, space, 1, 3)))
    return found | ({"padding": "same"} if padding == "same" else {}) | place


def pooling_of_all(draw: Draw, shape: Shape) -> dict:
    """Global{Max,Average}Pooling{n}D."""
    return placed(draw, shape)[2] | maybe(draw, keepdims=st.just(True))


def averages(draw: Draw, shape: Shape) -> dict:
    """AdaptiveAveragePooling{n}D."""
    space, _, place = placed(draw, shape)
    return {"output_size": each(draw, space, 1, space)} | place


def maxima(draw: Draw, shape: Shape) -> dict | None:
    """AdaptiveMaxPooling{n}D. To one number, Keras on TensorFlow pools with a window larger than
    the input as well, and the gradient of that nothing is memory that nobody has written to.
    """
    space, _, place = placed(draw, shape)
    return {"output_size": each(draw, space, 2, space)} | place if min(space) > 1 else None


def padding(draw: Draw, shape: Shape) -> dict:
    """ZeroPadding{n}D."""
    space, _, place = placed(draw, shape)
    pairs = tuple(each(draw, (0, 0), 0, 2) for _ in space)
    return {"padding": pairs if len(space) > 1 else pairs[0]} | place


def cropping(draw: Draw, shape: Shape) -> dict:
    """Cropping{n}D."""
    space, _, place = placed(draw, shape)
    befores = each(draw, space, 0, tuple(min(2, n - 1) for n in space))
    afters = each(
        draw, space, 0, tuple(min(2, n - 1 - b) for n, b in zip(space, befores, strict=True))
    )
    pairs = tuple(zip(befores, afters, strict=True))
    found = {"cropping": pairs if len(space) > 1 else pairs[0]}
    return found | (place if len(space) > 1 else {})


def upsampling(draw: Draw, shape: Shape) -> dict:
    """UpSampling{n}D."""
    space, _, place = placed(draw, shape)
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
    """A layer whose settings fit any shape."""
    return lambda draw, shape: maybe(draw, **strategies)


ANY, SPATIAL, LARGE = (1, 2, 3, 4), (2, 3, 4), (2, 3)
ZERO = st.just(0.0)
ALONE = [
    Kind("Dense", ANY, dense),
    Kind("Activation", ANY, lambda draw, shape: {"activation": draw(activation())}),
    *[Kind("Conv{n}D", SPATIAL, convolution)] * 3,
    Kind("Flatten", SPATIAL, nothing),
    Kind("MaxPooling{n}D", SPATIAL, pooling),
    Kind("AveragePooling{n}D", SPATIAL, pooling),
    Kind("BatchNormalization", ANY, batch_normalized),
    Kind("DepthwiseConv{n}D", LARGE, depthwise),
    Kind("SeparableConv{n}D", LARGE, separable),
    Kind("Conv{n}DTranspose", SPATIAL, transposed),
    Kind("GlobalMaxPooling{n}D", SPATIAL, pooling_of_all),
    Kind("GlobalAveragePooling{n}D", SPATIAL, pooling_of_all),
    Kind("AdaptiveMaxPooling{n}D", SPATIAL, maxima),
    Kind("AdaptiveAveragePooling{n}D", SPATIAL, averages),
    Kind("ZeroPadding{n}D", SPATIAL, padding),
    Kind("Cropping{n}D", SPATIAL, cropping),
    Kind("UpSampling{n}D", SPATIAL, upsampling),
    Kind("LayerNormalization", ANY, layer_normalized),
    Kind("GroupNormalization", SPATIAL, group_normalized),
    Kind("RMSNormalization", ANY, with_settings(epsilon=st.just(0.1))),
    Kind("UnitNormalization", ANY, axes),
    Kind("Reshape", ANY, reshaped),
    Kind("Permute", ANY, permuted),
    Kind("RepeatVector", (1,), lambda draw, shape: {"n": draw(st.integers(1, 3))}),
    Kind("ReLU", ANY, with_settings(max_value=st.just(0.8), negative_slope=st.just(0.1))),
    Kind("LeakyReLU", ANY, with_settings(negative_slope=st.just(0.1))),
    Kind("PReLU", ANY, with_settings(shared_axes=st.just([1]))),
    Kind("ELU", ANY, with_settings(alpha=st.just(1.5))),
    Kind("Softmax", ANY, axes),
    Kind("Dropout", ANY, lambda draw, shape: {"rate": 0.0}),
    Kind("SpatialDropout{n}D", SPATIAL, lambda draw, shape: {"rate": 0.0}),
    Kind("GaussianNoise", ANY, lambda draw, shape: {"stddev": 0.0}),
    Kind("Rescaling", ANY, scaled),
    Kind("ActivityRegularization", ANY, with_settings(l1=st.just(0.1), l2=st.just(0.1))),
    Kind("Identity", ANY, nothing),
]
SUMS = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")
