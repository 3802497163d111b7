"""Cases of operations of neural networks and of images."""

from __future__ import annotations

from compare.cases.catalogue.marks import TENSORFLOW, with_constant_part, without_keras
from compare.cases.catalogue.operations.line import op
from compare.cases.values import (
    apart,
    binary,
    distribution,
    literal,
    matrix,
    one_hot,
    whole,
    within,
)

X = apart(2, 6)
LINE = apart(2, 7, 4)
IMAGE = apart(2, 7, 6, 4)
FIRST = {"data_format": "channels_first"}
COLOURS = within(0.05, 0.95, 2, 5, 4, 3)

ACTIVATIONS = [
    *(
        op(name, apart(4, 6))
        for name in (
            "celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid "
            "log_softmax relu relu6 selu sigmoid silu softmax softplus softsign sparse_plus "
            "sparse_sigmoid squareplus swish tanh_shrink glu hard_shrink soft_shrink"
        ).split()
    ),
    op("sparsemax", matrix(4, 6)),
    op("celu", X, alpha=0.5),
    op("elu", X, alpha=0.5),
    op("gelu", X, approximate=False),
    op("leaky_relu", X, negative_slope=0.3),
    op("threshold", X, 0.4, -1.0),
    op("softmax", IMAGE, axis=(1, 2)),
    op("log_softmax", X, axis=0),
]
TIE = "of several maxima the first one takes all of the gradient"
CONVOLUTIONS = [
    op("conv", LINE, apart(3, 4, 2), padding="same"),
    op("conv", IMAGE, apart(3, 2, 4, 3)),
    op("conv", IMAGE, apart(3, 3, 4, 3), strides=2, padding="same"),
    op("conv", IMAGE, apart(2, 4, 4, 3), padding="same"),
    op("conv", IMAGE, apart(3, 3, 2, 4), dilation_rate=2),
    op("conv_transpose", LINE, apart(3, 2, 4), strides=2, padding="same"),
    op("conv_transpose", IMAGE, apart(3, 3, 2, 4), strides=2),
    op("depthwise_conv", IMAGE, apart(3, 2, 4, 2), padding="same"),
    op("depthwise_conv", IMAGE, apart(2, 2, 4, 1), strides=2),
    op("separable_conv", IMAGE, apart(3, 3, 4, 1), apart(1, 1, 4, 3)),
    op("max_pool", IMAGE, 2),
    op("max_pool", IMAGE, (3, 2), strides=2, padding="same"),
    with_constant_part(op("max_pool", literal([[[[1.0], [2.0]], [[2.0], [2.0]]]]), 2), TIE),
    op("average_pool", IMAGE, 2),
    op("average_pool", IMAGE, (3, 2), strides=2, padding="same"),
    op("adaptive_average_pool", IMAGE, (3, 4)),
    op("adaptive_max_pool", IMAGE, (3, 4)),
]
NORMALIZATION = [
    op("moments", IMAGE, axes=(0, 1, 2)),
    op("moments", X, axes=1, keepdims=True),
    op("batch_normalization", X, apart(6), within(0.4, 2.0, 6), axis=-1),
    op("layer_normalization", X, apart(6), apart(6)),
    op("rms_normalization", X, apart(6)),
    op("normalize", X, axis=1, order=2),
    op("normalize", X, axis=0, order=1),
]
LOSSES = [
    op("binary_crossentropy", binary(5), within(0.05, 0.95, 5)),
    op("binary_crossentropy", binary(5), apart(5), from_logits=True),
    op("categorical_crossentropy", one_hot(4, 3), distribution(4, 3)),
    op("categorical_crossentropy", one_hot(4, 3), apart(4, 3), from_logits=True),
    op("sparse_categorical_crossentropy", whole(0, 3, 4), distribution(4, 3)),
    op("sparse_categorical_crossentropy", whole(0, 3, 4), apart(4, 3), from_logits=True),
    op("psnr", COLOURS, within(0.1, 0.9, 2, 5, 4, 3), 1.0),
]
ATTENTION = [
    op("dot_product_attention", *(apart(2, 3, 2, 4) for _ in range(3))),
    op("dot_product_attention", *(apart(2, 3, 2, 4) for _ in range(3)), is_causal=True),
]
PATCHES = [
    op("depth_to_space", IMAGE, 2),
    op("space_to_depth", apart(2, 4, 6, 3), 2),
    op("unfold", apart(2, 3, 5, 4), 2),
    op("fold", apart(2, 8, 6), (3, 4), (2, 2)),
    op("image.extract_patches", IMAGE, (3, 2), padding="same"),
    op("image.extract_patches_3d", apart(1, 4, 5, 4, 2), (2, 2, 3)),
]
TABLE = "TensorFlow reads the cubic kernel from a table of 1,024 entries"
INVERSE = "TensorFlow samples with the inverse transform instead of the adjoint"
NO_GRADIENT = "TensorFlow's gradient is missing"

CORNERS = literal([[0.0, 0.0], [5.0, 0.0], [0.0, 6.0], [5.0, 6.0]])._replace(fixed=True)
MOVED = literal([[0.6, -0.5], [4.3, 0.8], [-0.7, 5.2], [5.4, 6.3]])._replace(fixed=True)
SCALE, SHIFT = literal([0.63, 1.38]), literal([-0.4, 0.3])

IMAGES = [
    *(
        op("image.resize", IMAGE, size, interpolation=interpolation)
        for interpolation in ("nearest", "bilinear", "lanczos3", "lanczos5")
        for size in ((10, 9), (4, 3))
    ),
    op("image.resize", IMAGE, (14, 12), interpolation="bicubic"),
    without_keras(op("image.resize", IMAGE, (10, 9), interpolation="bicubic"), TABLE, TENSORFLOW),
    op("image.resize", IMAGE, (4, 3), interpolation="bilinear", antialias=True),
    op("image.crop_images", IMAGE, 1, 2, target_height=3, target_width=3),
    op("image.pad_images", IMAGE, 1, 2, target_height=10, target_width=9),
    op("image.rgb_to_grayscale", COLOURS),
    op("image.rgb_to_hsv", COLOURS),
    without_keras(op("image.hsv_to_rgb", COLOURS), NO_GRADIENT, TENSORFLOW, "gradient"),
    without_keras(
        op("image.affine_transform", IMAGE, within(-0.2, 1.1, 8)._replace(fixed=True)),
        INVERSE,
        TENSORFLOW,
        "gradient",
    ),
    without_keras(
        op("image.perspective_transform", IMAGE, CORNERS, MOVED), INVERSE, TENSORFLOW, "gradient"
    ),
    op("image.gaussian_blur", IMAGE),
    op("image.elastic_transform", IMAGE, alpha=0.0, sigma=1.0),
    op("image.sobel_edges", IMAGE),
    op("image.ssim", COLOURS, COLOURS, filter_size=4),
    op("image.map_coordinates", IMAGE, within(-0.9, 3.7, 4, 3, 2), 1),
    op("image.map_coordinates", IMAGE, within(-0.9, 3.7, 4, 3)._replace(fixed=True), 0),
    op("image.scale_and_translate", IMAGE, (2, 4, 9, 4), SCALE, SHIFT, (1, 2), "linear"),
]
CASES = [
    *ACTIVATIONS,
    *CONVOLUTIONS,
    *NORMALIZATION,
    *LOSSES,
    *ATTENTION,
    *PATCHES,
    *IMAGES,
]
