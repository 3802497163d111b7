"""Combinations of the arguments of layers. Sides are equal, so that exchanged axes are seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compare.cases import pairwise
from compare.cases.case import Case, LibraryName, LibraryObject
from compare.cases.catalogue.layers import NOT_FIRST, layer
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.values import apart, whole

SIDES = {1: (2, 6, 6), 2: (2, 6, 6, 6), 3: (1, 4, 4, 4, 4)}
FIRST = ["channels_first"]
NOT_DILATED = "TensorFlow's transposed convolution has no dilation on a CPU"
PENALTY = LibraryObject("regularizers.L1L2", {"l1": 0.03125, "l2": 0.0625})
SQUARES = LibraryObject("regularizers.L2", {"l2": 0.0625})
NORM = LibraryObject("constraints.MaxNorm", {"max_value": 0.75})
Table = Mapping[str, list]


def combined(
    name: str,
    inputs: Any,
    values: Table,
    needs: Mapping[str, str] | None = None,
    call: dict | None = None,
    **required: Any,
) -> Iterator[Case]:
    """The cases of a layer's combinations; `inputs` is a shape, `Values`, or a list of them."""
    given = inputs if isinstance(inputs, list) else [inputs]
    for chosen in pairwise.settings(f"layers.{name}", values, needs):
        yield layer(name, *given, call=call, **required, **chosen)


def weight(name: str, initializer: Any = "he_uniform") -> Table:
    """The arguments of a layer about one of its weights."""
    return {
        f"{name}_initializer": [initializer],
        f"{name}_regularizer": [PENALTY],
        f"{name}_constraint": [NORM],
    }


PART = {"activity_regularizer": [SQUARES], "activation": ["softplus"]}
BIAS = {"use_bias": [False], **weight("bias", "ones")}
KERNEL = {**weight("kernel"), **BIAS, **PART}
DEPTHWISE = {**weight("depthwise"), **BIAS, **PART, "depth_multiplier": [2]}
WINDOW = {"padding": ["same"], "dilation_rate": [2], "data_format": FIRST}
SEPARABLE = {**WINDOW, **DEPTHWISE, **weight("pointwise", "ones")}


def convolutions(n: int) -> Iterator[Case]:
    """All kinds of convolution over `n` dimensions."""
    x = SIDES[n]
    uneven = (2, *(1,) * (n - 1))
    strides = {"strides": [2, uneven] if n > 1 else [2]}
    kernel = {"filters": 2, "kernel_size": ((3,), (3, 2), (2, 2, 1))[n - 1]}
    yield from combined(
        f"Conv{n}D",
        x,
        {**WINDOW, **KERNEL, **strides, "padding": ["same", *["causal"] * (n == 1)], "groups": [2]},
        **kernel,
    )
    yield from combined(
        f"Conv{n}DTranspose",
        x,
        {**WINDOW, **KERNEL, "strides": [2], "output_padding": [1]},
        {"output_padding": "strides"},
        **kernel,
    )
    if n < 3:
        strides = {"strides": [2]}
        yield from combined(
            f"DepthwiseConv{n}D", x, {**WINDOW, **DEPTHWISE, **strides}, kernel_size=3
        )
        yield from combined(
            f"SeparableConv{n}D", x, {**SEPARABLE, **strides}, filters=2, kernel_size=3
        )


def marked(case: Case) -> Case:
    """The case, without Keras where TensorFlow cannot compute it."""
    if "data_format" in case.settings:
        return without_keras(case, NOT_FIRST, TENSORFLOW)
    if "Transpose" in case.name and "dilation_rate" in case.settings:
        return without_keras(case, NOT_DILATED, TENSORFLOW)
    return case


CONVOLUTIONS = [marked(case) for n in SIDES for case in convolutions(n)]

POOLING = [
    case
    for n, x in SIDES.items()
    for kind in ("Max", "Average")
    for case in (
        *combined(
            f"{kind}Pooling{n}D",
            x,
            {"strides": [1], "padding": ["same"], "data_format": FIRST},
            pool_size=3,
        ),
        *combined(f"Global{kind}Pooling{n}D", x, {"keepdims": [True], "data_format": FIRST}),
        *combined(f"Adaptive{kind}Pooling{n}D", x, {"data_format": FIRST}, output_size=3),
    )
]

RESHAPING = [
    *(
        case
        for n, x in SIDES.items()
        for case in (
            *combined(f"ZeroPadding{n}D", x, {"padding": [2], "data_format": FIRST}),
            *combined(f"Cropping{n}D", x, {"cropping": [1], "data_format": FIRST}),
        )
        if n > 1
    ),
    *combined(
        "UpSampling2D",
        SIDES[2],
        {"size": [(2, 3)], "interpolation": ["bilinear", "nearest"], "data_format": FIRST},
    ),
    *combined("UpSampling3D", SIDES[3], {"size": [(2, 1, 2)], "data_format": FIRST}),
]

CORE = [
    *combined("Dense", (3, 5), KERNEL, units=4),
    *combined(
        "Embedding",
        whole(0, 5, 2, 3),
        {**weight("embeddings"), "mask_zero": [True], "weights": [[apart(5, 3)]]},
        input_dim=5,
        output_dim=3,
    ),
    *combined(
        "Lambda",
        (2, 3),
        {
            "output_shape": [(5,)],
            "mask": [[True, False]],
            "arguments": [{"approximate": True}],
        },
        function=LibraryName("activations.gelu"),
    ),
    *combined(
        "InputLayer", [], {"dtype": ["int32"], "batch_size": [4], "optional": [True]}, shape=(7, 6)
    ),
    *combined("InputLayer", [], {"dtype": ["int32"], "optional": [True]}, batch_shape=(None, 7, 6)),
    *combined("Rescaling", SIDES[2], {"offset": [0.5]}, scale=2.5),
    *combined(
        "ReLU",
        SIDES[2],
        {"max_value": [0.8], "negative_slope": [0.1], "threshold": [0.25]},
    ),
    *combined("PReLU", SIDES[2], {**weight("alpha"), "shared_axes": [[1], [1, 2]]}),
    *combined("Softmax", SIDES[2], {"axis": [1, [1, 2]]}),
]

SCALE = {
    "center": [False],
    "scale": [False],
    **weight("beta", "ones"),
    **weight("gamma", "he_uniform"),
}
NORMALIZATION = [
    *combined(
        "BatchNormalization",
        SIDES[2],
        {
            **SCALE,
            "axis": [1],
            "momentum": [0.6],
            "epsilon": [0.1],
            "moving_mean_initializer": ["ones"],
            "moving_variance_initializer": [LibraryObject("initializers.Constant", {"value": 2.0})],
            "renorm": [True],
            "renorm_clipping": [{"rmin": 0.6, "rmax": 1.5, "dmax": 0.4}],
            "renorm_momentum": [0.7],
        },
        {"renorm_clipping": "renorm", "renorm_momentum": "renorm"},
    ),
    *combined(
        "GroupNormalization",
        SIDES[2],
        {**SCALE, "axis": [1, 2], "epsilon": [0.1]},
        groups=2,
    ),
    *combined("GroupNormalization", (2, 4, 4, 64), {"axis": [-1]}),
    *combined(
        "LayerNormalization",
        SIDES[2],
        {**SCALE, "axis": [1, [1, 3]], "epsilon": [0.1], "rms_scaling": [True]},
    ),
    *combined("RMSNormalization", SIDES[2], {"axis": [1, [1, 2]], "epsilon": [0.1]}),
    *combined("UnitNormalization", SIDES[2], {"axis": [1, [1, 2]]}),
]

NOISE = [
    *combined("Dropout", SIDES[2], {"noise_shape": [(None, 1, 1, None)], "seed": [7]}, rate=0.4),
    *combined(
        "AlphaDropout", SIDES[2], {"noise_shape": [(None, 1, 1, None)], "seed": [7]}, rate=0.4
    ),
    *combined("SpatialDropout1D", SIDES[1], {"seed": [7]}, rate=0.4),
    *combined("SpatialDropout2D", SIDES[2], {"data_format": FIRST, "seed": [7]}, rate=0.4),
    *combined("SpatialDropout3D", SIDES[3], {"data_format": FIRST, "seed": [7]}, rate=0.4),
    *combined("GaussianNoise", SIDES[2], {"seed": [7]}, stddev=0.3),
    *combined("GaussianDropout", SIDES[2], {"seed": [7]}, rate=0.3),
    *combined("ActivityRegularization", SIDES[2], {"l1": [0.3], "l2": [0.1]}),
]

MERGING = [
    *combined("Concatenate", [SIDES[2], SIDES[2]], {"axis": [1, 2]}),
    *combined("Dot", [SIDES[1], SIDES[1]], {"normalize": [True]}, axes=(1, 2)),
]

CASES = [
    *CORE,
    *CONVOLUTIONS,
    *POOLING,
    *RESHAPING,
    *NORMALIZATION,
    *NOISE,
    *MERGING,
]
