"""Combinations of the arguments of operations. Sides are equal, so that exchanged axes are seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compare.cases import pairwise
from compare.cases.case import Case
from compare.cases.catalogue.combinations.layers import FIRST, NOT_DILATED
from compare.cases.catalogue.combinations.losses import LAST_AXIS as SPARSE_LAST
from compare.cases.catalogue.layers import NOT_FIRST
from compare.cases.catalogue.marks import TENSORFLOW, without_keras
from compare.cases.catalogue.operations.line import op
from compare.cases.catalogue.operations.nn import CORNERS, INVERSE, MOVED, SCALE, SHIFT
from compare.cases.catalogue.operations.nn import NO_GRADIENT as NO_COLOUR_GRADIENT
from compare.cases.values import apart, flags, index, literal, one_hot_each_way, whole, within

IMAGE, VOLUME = apart(2, 6, 6, 6), apart(1, 4, 4, 4, 4)
SQUARE, CUBE = apart(4, 4), apart(3, 3, 3)
NAN = literal([[0.3, float("nan"), 1.2], [float("nan"), -0.5, 0.7], [0.4, 0.9, -1.1]])
DOUBLE = {"dtype": ["float64"]}
KEEP = {"axis": [1], "keepdims": [True]}
ODD = literal([float("nan"), float("inf"), -float("inf"), 0.5])
LAST_AXIS = "Keras is right for the last axis only"
NO_TYPE = "Keras on TensorFlow ignores the type"
LOWEST = "TensorFlow gives the lowest number for an empty segment"
ALONG_FIRST = "TensorFlow multiplies by the sign along the first axis"
WINDOW = {"strides": [2], "padding": ["same"], "data_format": FIRST}


def combined(
    name: str,
    *inputs: Any,
    needs: Mapping[str, str] | None = None,
    arrays: tuple[str, ...] = (),
    **values: list,
) -> Iterator[Case]:
    """The cases of an operation's combinations.

    `arrays` are the names of the arguments after the inputs that are arrays, in their order.
    """
    for chosen in pairwise.settings(f"ops.{name}", values, needs):
        further = [chosen.pop(array, None) for array in arrays]
        yield op(name, *inputs, *further, **chosen)


def _convolutions() -> Iterator[Case]:
    dilated = {**WINDOW, "dilation_rate": [2]}
    yield from combined("conv", IMAGE, apart(3, 2, 6, 2), **dilated)
    yield from combined("depthwise_conv", IMAGE, apart(3, 3, 6, 2), **dilated)
    yield from combined("separable_conv", IMAGE, apart(3, 3, 6, 1), apart(1, 1, 6, 2), **dilated)
    yield from combined(
        "conv_transpose",
        IMAGE,
        apart(3, 2, 2, 6),
        needs={"output_padding": "strides"},
        output_padding=[1],
        **dilated,
    )


def _marked(case: Case) -> Case:
    if "data_format" in case.settings:
        return without_keras(case, NOT_FIRST, TENSORFLOW)
    if case.name == "conv_transpose" and "dilation_rate" in case.settings:
        return without_keras(case, NOT_DILATED, TENSORFLOW)
    return case


WINDOWS = [
    *map(_marked, _convolutions()),
    *(case for name in ("max_pool", "average_pool") for case in combined(name, IMAGE, 3, **WINDOW)),
    *(
        op(f"adaptive_{kind}_pool", IMAGE, 4, data_format="channels_first")
        for kind in ("average", "max")
    ),
    *combined("unfold", IMAGE, 2, dilation=[2], padding=[1], stride=[2]),
    op("fold", apart(2, 8, 9), (6, 6), 2, stride=2),
    op("fold", apart(2, 8, 16), (6, 6), 2, dilation=2),
    op("fold", apart(2, 8, 16), (6, 6), 2, padding=1, stride=2),
    op("fold", apart(2, 8, 36), (6, 6), 2, dilation=2, padding=1),
    op("fold", apart(2, 8, 9), (6, 6), 2, dilation=2, padding=1, stride=2),
    op("space_to_depth", IMAGE, 2, data_format="channels_first"),
    op("depth_to_space", apart(2, 4, 6, 6), 2, data_format="channels_first"),
]
ATTENTION = list(
    combined(
        "dot_product_attention",
        *(apart(2, 3, 2, 4) for _ in range(3)),
        arrays=("bias", "mask"),
        bias=[apart(2, 2, 3, 3)],
        mask=[flags(2, 2, 3, 3)],
        scale=[0.3],
        is_causal=[True],
    )
)
NN = [
    op("glu", SQUARE, axis=0),
    op("hard_shrink", SQUARE, threshold=0.8),
    op("soft_shrink", SQUARE, threshold=0.3),
    op("squareplus", SQUARE, b=1.5),
    without_keras(op("sparsemax", SQUARE, axis=0), LAST_AXIS),
    *combined(
        "categorical_crossentropy", one_hot_each_way(3, 3, 3), CUBE, axis=[1], from_logits=[True]
    ),
    *(
        op("multi_hot", whole(0, 4, 3, 3), num_classes=4, **more)
        for more in pairwise.settings("ops.multi_hot", {"axis": [0], "dtype": ["int32"]})
    ),
    op("multi_hot", whole(0, 4, 3, 3), num_tokens=4, axis=0, dtype="int32"),
    without_keras(
        op("sparse_categorical_crossentropy", whole(0, 3, 3, 3), CUBE, from_logits=True, axis=1),
        SPARSE_LAST,
        TENSORFLOW,
    ),
    *combined("one_hot", whole(0, 4, 3, 3), 4, axis=[0], dtype=["int32"]),
    *combined(
        "batch_normalization",
        SQUARE,
        apart(4),
        within(0.4, 2.0, 4),
        0,
        arrays=("offset", "scale"),
        offset=[apart(4)],
        scale=[apart(4)],
        epsilon=[0.1],
    ),
    *combined(
        "layer_normalization",
        SQUARE,
        arrays=("gamma", "beta"),
        gamma=[apart(4)],
        beta=[apart(4)],
        axis=[0],
        epsilon=[0.1],
        rms_scaling=[True],
    ),
    *combined(
        "rms_normalization", SQUARE, arrays=("scale",), scale=[apart(4)], axis=[0], epsilon=[0.1]
    ),
    *combined("normalize", SQUARE, axis=[0], order=[1], epsilon=[1.5]),
]
SKIPPING = "sum prod mean var std max min median argmax argmin"
REDUCTIONS = [
    *(
        op(name, x, axis=1, keepdims=True)
        for x, names in (
            (
                NAN,
                " ".join(f"nan{name}" for name in SKIPPING.split()),
            ),
            (SQUARE, "median argmax argmin"),
            (flags(3, 3), "all any"),
        )
        for name in names.split()
    ),
    *(
        case
        for name, x, q in (
            ("quantile", SQUARE, 0.35),
            ("percentile", SQUARE, 35.0),
            ("nanquantile", NAN, 0.3),
            ("nanpercentile", NAN, 30.0),
        )
        for case in combined(name, x, q, **KEEP, method=["lower", "nearest"])
    ),
    *(
        op(name, literal([[1.0, -2.0], [0.5, -0.3]]), axis=1, initial=initial, keepdims=True)
        for name, initial in (("max", 0.75), ("min", -0.5))
    ),
    *(
        without_keras(case, NO_TYPE, TENSORFLOW, "type") if "dtype" in case.settings else case
        for case in combined("prod", within(0.4, 2.4, 3, 3), **KEEP, **DOUBLE)
    ),
    *combined("norm", SQUARE, ord=[1, 2], axis=[0], keepdims=[True]),
    *(
        case
        for name, x in (
            ("cumsum", SQUARE),
            ("cumprod", SQUARE),
            ("nancumsum", NAN),
            ("nancumprod", NAN),
        )
        for case in combined(name, x, axis=[0], **DOUBLE)
    ),
    op("diff", SQUARE, n=2, axis=0),
    op("trapezoid", SQUARE, within(0, 2, 4), axis=0),
    *(
        without_keras(case, LOWEST, TENSORFLOW, "value")
        if name in ("max", "min") and "num_segments" in case.settings
        else case
        for name in ("sum", "max", "min", "prod")
        for case in combined(
            f"segment_{name}", apart(5, 2), index([0, 0, 1, 2, 2]), num_segments=[4], sorted=[True]
        )
    ),
]
MAKING = [
    *combined("arange", 2, stop=[9], step=[3], dtype=["float32"], needs={"step": "stop"}),
    *combined("eye", 3, M=[4], k=[1], dtype=["int32"]),
    *combined("tri", 3, M=[4], k=[1], dtype=["int32"]),
    op("identity", 3, dtype="int32"),
    op("full", (2, 3), 2, dtype="int32"),
    *(op(name, (2, 3), dtype="int32") for name in ("ones", "zeros")),
    *(op(name, SQUARE, dtype="int32") for name in ("ones_like", "zeros_like")),
    op("array", index([1, 2]), dtype="float32"),
    op("convert_to_tensor", index([1, 2]), dtype="float32"),
    *combined(
        "linspace",
        apart(3),
        apart(3),
        num=[4],
        endpoint=[False],
        axis=[1],
        retstep=[True],
        **DOUBLE,
    ),
    *combined(
        "logspace", apart(3), apart(3), num=[4], endpoint=[False], base=[2], axis=[1], **DOUBLE
    ),
    *(
        without_keras(case, ALONG_FIRST, TENSORFLOW) if "axis" in case.settings else case
        for case in combined(
            "geomspace",
            within(0.4, 2.4, 3),
            within(0.4, 2.4, 3),
            num=[4],
            endpoint=[False],
            axis=[1],
            **DOUBLE,
        )
    ),
    *combined("vander", apart(3), N=[4], increasing=[True]),
    op("diagflat", apart(2), k=1),
    op("kaiser", 7, 9.0),
]
SHAPING = [
    *combined("trace", CUBE, offset=[1], axis1=[2], axis2=[0], needs={"axis2": "axis1"}),
    op("array_split", SQUARE, 3, axis=1),
    op("unstack", SQUARE, num=4, axis=1),
    op("rearrange", CUBE, "a b c -> c (a b)"),
    op("pad", apart(2, 3), ((1, 0), (0, 2)), mode="constant", constant_values=3.0),
    *combined("cross", CUBE, apart(3, 3, 3), axisa=[0], axisb=[1], axisc=[1]),
    op("cross", CUBE, apart(3, 3, 3), axis=1),
]
WHOLE = [
    *(
        case
        for name in ("allclose", "isclose")
        for case in combined(
            name,
            literal([10.0, float("nan"), 0.0]),
            literal([10.5, float("nan"), 0.05]),
            rtol=[0.1],
            atol=[0.1],
            equal_nan=[True],
        )
    ),
    op(
        "allclose",
        literal([10.0, float("nan"), 0.0]),
        literal([10.5, float("nan"), 0.05]),
        rtol=0.1,
        atol=0.1,
        equal_nan=True,
    ),
    *combined("isin", whole(0, 6, 5), index([1, 4]), assume_unique=[True], invert=[True]),
    op("nan_to_num", ODD, nan=1.5, posinf=2.5, neginf=-2.5),
    op("searchsorted", index([0, 2, 2, 5]), index([2, 5]), side="right"),
    op("histogram", apart(20)._replace(fixed=True), bins=4, range=(-1.0, 0.5)),
    *combined(
        "unique",
        whole(0, 2, 5, 2),
        return_index=[True],
        return_inverse=[True],
        return_counts=[True],
        axis=[0],
        size=[7],
        fill_value=[-1],
        needs={"fill_value": "size"},
    ),
]
LINALG = [
    op("qr", apart(4, 3)._replace(fixed=True), mode="complete"),
    op("svd", apart(3, 4)._replace(fixed=True), full_matrices=False, compute_uv=False),
    op("cholesky_inverse", literal([[2.0, 0.5], [0.0, 1.5]])._replace(fixed=True), upper=True),
    op("matrix_rank", literal([[1.0, 0.0], [0.0, 0.1]])._replace(fixed=True), tol=0.5),
    op("pinv", literal([[1.0, 0.0], [0.0, 0.1]])._replace(fixed=True), rcond=0.5),
    op("lstsq", literal([[1.0, 0.0], [0.0, 0.1]])._replace(fixed=True), apart(2), rcond=0.5),
]
FOURIER = [
    *combined("stft", apart(12), 4, 2, 6, window=["hamming", None], center=[False]),
    *combined(
        "istft", (apart(5, 4), apart(5, 4)), 4, 2, 6, window=["hamming"], center=[False], length=[9]
    ),
]
COLOURS = within(0.05, 0.95, 2, 3, 3, 3)
AFFINE = within(-0.2, 1.1, 8)._replace(fixed=True)


ALL = ("top", "bottom", "left", "right")
EDGES = (("top", "left"), ("bottom", "right"), ("top", "right"), ("bottom", "left"))


def _edges(name: str, what: str, side: int) -> Iterator[Case]:
    """`crop_images` or `pad_images`: two of the four edges and the sides, or all four edges."""
    for form in ({}, {"data_format": "channels_first"}):
        for one, other in EDGES:
            given = {f"{one}_{what}": 1, f"{other}_{what}": 2}
            sides = {"target_height": side, "target_width": side}
            yield op(f"image.{name}", IMAGE, **given, **sides, **form)
        four = {f"{edge}_{what}": 1 + i % 2 for i, edge in enumerate(ALL)}
        yield op(f"image.{name}", IMAGE, **four, **form)


def _patches(name: str, x: Any) -> Iterator[Case]:
    """Patches; with dilation the strides must be one."""
    values = {"strides": [1], "padding": ["same"], "data_format": FIRST, "dilation_rate": [2]}
    return combined(name, x, 2, needs={"dilation_rate": "strides"}, **values)


IMAGES = [
    *_edges("crop_images", "cropping", 3),
    *_edges("pad_images", "padding", 9),
    *(
        op(f"image.{name}", COLOURS, data_format="channels_first")
        for name in ("rgb_to_grayscale", "rgb_to_hsv")
    ),
    without_keras(
        op("image.hsv_to_rgb", COLOURS, data_format="channels_first"),
        NO_COLOUR_GRADIENT,
        TENSORFLOW,
        "gradient",
    ),
    *(
        without_keras(case, NOT_FIRST, TENSORFLOW) if "data_format" in case.settings else case
        for case in _patches("image.extract_patches", IMAGE)
    ),
    *_patches("image.extract_patches_3d", VOLUME),
    *(
        case
        for keeping, needs in (
            ({"crop_to_aspect_ratio": [True]}, {}),
            (
                {"pad_to_aspect_ratio": [True], "fill_value": [0.5]},
                {"fill_value": "pad_to_aspect_ratio"},
            ),
        )
        for case in combined(
            "image.resize",
            IMAGE,
            (4, 9),
            needs=needs,
            interpolation=["nearest", "lanczos3"],
            antialias=[True],
            data_format=FIRST,
            **keeping,
        )
    ),
    *(
        without_keras(case, INVERSE, TENSORFLOW, "gradient")
        for case in combined(
            "image.affine_transform",
            IMAGE,
            AFFINE,
            interpolation=["nearest"],
            fill_mode=["wrap", "reflect"],
            data_format=FIRST,
        )
    ),
    *(
        without_keras(case, INVERSE, TENSORFLOW, "gradient")
        for case in combined(
            "image.affine_transform",
            IMAGE,
            AFFINE,
            fill_value=[0.5],
            interpolation=["nearest"],
            data_format=FIRST,
        )
    ),
    *(
        without_keras(case, INVERSE, TENSORFLOW, "gradient")
        for case in combined(
            "image.perspective_transform",
            IMAGE,
            CORNERS,
            MOVED,
            fill_value=[0.5],
            interpolation=["nearest"],
            data_format=FIRST,
        )
    ),
    *combined(
        "image.gaussian_blur",
        IMAGE,
        kernel_size=[(5, 5), (4, 4)],
        sigma=[(2.0, 0.7)],
        data_format=FIRST,
    ),
    *combined("image.sobel_edges", IMAGE, data_format=FIRST),
    *combined(
        "image.ssim",
        within(0.1, 0.9, 1, 12, 12, 11),
        within(0.1, 0.9, 1, 12, 12, 11),
        max_val=[2.0],
        filter_size=[5],
        filter_sigma=[0.9],
        k1=[0.2],
        k2=[0.3],
        data_format=FIRST,
    ),
    *(
        op("image.map_coordinates", apart(4, 5), within(-3.1, 7.3, 2, 7), 1, mode, **fill)
        for mode, fill in (
            ("constant", {"fill_value": 0.5}),
            ("nearest", {}),
            ("wrap", {}),
        )
    ),
    *(
        op("image.map_coordinates", apart(4, 5), within(0.13, 2.9, 2, 7), 1, mode)
        for mode in ("mirror", "reflect")
    ),
    *(
        op("image.scale_and_translate", IMAGE, (2, 4, 9, 4), SCALE, SHIFT, (1, 2), method, **wide)
        for method in ("linear", "cubic", "lanczos3", "lanczos5")
        for wide in ({}, {"antialias": False})
    ),
]
CASES = [
    *WINDOWS,
    *ATTENTION,
    *NN,
    *REDUCTIONS,
    *MAKING,
    *SHAPING,
    *WHOLE,
    *LINALG,
    *FOURIER,
    *IMAGES,
]
