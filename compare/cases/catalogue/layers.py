"""Cases of layers: name, inputs, settings. A tuple is the shape of an input (see `apart`)."""

from __future__ import annotations

from typing import Any

from compare.cases.case import BACKENDS, Case, LibraryName, LibraryObject
from compare.cases.catalogue.marks import TENSORFLOW, with_constant_part, without_keras
from compare.cases.values import Values, apart, flags, whole, within

LINE = (2, 7, 4)
IMAGE = (2, 7, 6, 4)
VOLUME = (2, 5, 4, 6, 2)
FIRST = {"data_format": "channels_first"}
FIRST_IMAGE = (2, 4, 7, 6)
NOT_FIRST = "TensorFlow's convolution does not support channels first on a CPU"
WRONG_BIAS = "TensorFlow adds the bias along the last axis"
MASK = "masked elements are held constant in the gradient"
RENORM = "r and d are held constant in the gradient"


def layer(name: str, *inputs: Any, call: dict | None = None, **settings: Any) -> Case:
    """A case of a layer."""
    held_constant = RENORM if settings.get("renorm") else None
    return Case("layers", name, tuple(map(_values, inputs)), settings, call or {}, held_constant)


def _values(x: Any) -> Values:
    return x if isinstance(x, Values) else apart(*x)


CORE = [
    layer("Dense", (3, 7), units=4, activation="relu"),
    layer("Dense", (2, 3, 5), units=1, use_bias=False),
    layer("Dense", (3, 7), units=4, kernel_regularizer="l2", bias_regularizer="l1"),
    layer("Dense", (3, 7), units=4, activation="softmax", activity_regularizer="l2"),
    without_keras(
        layer("Dense", (1, 1), units=1, activation="tanh", kernel_constraint="max_norm"),
        "takes the slope of tanh from 1 - y², which loses digits where y is close to 1",
        BACKENDS,
        "inference: gradient",
        "training: gradient",
    ),
    layer("Embedding", whole(0, 9, 2, 3), input_dim=9, output_dim=4),
    layer("Embedding", whole(0, 9, 2, 3), input_dim=9, output_dim=4, mask_zero=True),
    layer("Embedding", whole(0, 9, 5), input_dim=9, output_dim=2, embeddings_regularizer="l2"),
    layer("Identity", IMAGE),
    layer("InputLayer", shape=(7, 6, 4)),
    layer("InputLayer", batch_shape=(2, None), dtype="int32"),
    layer("Lambda", (2, 3), function=LibraryName("activations.gelu")),
    layer("Lambda", (2, 3), function=LibraryName("activations.gelu"), output_shape=(3,)),
    layer("Masking", (2, 3, 4), mask_value=0.5),
    with_constant_part(layer("Masking", within(0.5, 0.5, 2, 2, 3), mask_value=0.5), MASK),
    layer("Wrapper", layer=LibraryObject("layers.Dense", {"units": 3, "name": "inner"})),
    layer("Rescaling", IMAGE, scale=2.5, offset=0.5),
    layer("Rescaling", IMAGE, scale=1 / 255, offset=[0.1, 0.2, 0.3, 0.4]),
]
ACTIVATIONS = [
    layer("Activation", IMAGE, activation="tanh"),
    layer("Activation", IMAGE, activation="gelu"),
    layer("Activation", (3, 5), activation="softmax"),
    layer("ReLU", IMAGE),
    layer("ReLU", IMAGE, max_value=0.8, negative_slope=0.1, threshold=0.25),
    layer("LeakyReLU", IMAGE),
    layer("LeakyReLU", IMAGE, negative_slope=0.2),
    layer("PReLU", IMAGE),
    layer("PReLU", IMAGE, shared_axes=[1, 2], alpha_initializer="uniform"),
    layer("ELU", IMAGE),
    layer("ELU", IMAGE, alpha=1.5),
    layer("Softmax", IMAGE),
    layer("Softmax", IMAGE, axis=[1, 2]),
    layer("Softmax", (2, 5), call={"mask": flags(2, 5)}),
]
RESHAPING = [
    layer("Flatten", IMAGE),
    layer("Flatten", IMAGE, **FIRST),
    layer("Flatten", (3,)),
    layer("Reshape", IMAGE, target_shape=(-1, 6)),
    layer("Reshape", (2, 6), target_shape=(3, 2)),
    layer("Permute", IMAGE, dims=(3, 1, 2)),
    layer("RepeatVector", (2, 5), n=3),
    layer("ZeroPadding1D", LINE, padding=(1, 2)),
    layer("ZeroPadding1D", LINE, padding=2, **FIRST),
    layer("ZeroPadding2D", IMAGE),
    layer("ZeroPadding2D", IMAGE, padding=((1, 2), (0, 3))),
    layer("ZeroPadding2D", IMAGE, padding=(2, 1), **FIRST),
    layer("ZeroPadding3D", VOLUME, padding=((1, 0), (0, 2), (1, 1))),
    layer("Cropping1D", LINE, cropping=(1, 2)),
    layer("Cropping2D", IMAGE, cropping=((1, 0), (2, 3))),
    layer("Cropping2D", IMAGE, cropping=(1, 0), **FIRST),
    layer("Cropping3D", VOLUME, cropping=((1, 0), (0, 2), (1, 1))),
    layer("UpSampling1D", LINE, size=3),
    layer("UpSampling2D", IMAGE, size=(2, 3)),
    layer("UpSampling2D", IMAGE, size=2, **FIRST),
    layer("UpSampling2D", IMAGE, size=(2, 3), interpolation="bilinear"),
    layer("UpSampling2D", IMAGE, size=2, interpolation="bicubic"),
    layer("UpSampling3D", VOLUME, size=(1, 2, 2)),
]
CONVOLUTIONS = [
    layer("Conv1D", LINE, filters=3, kernel_size=3),
    layer("Conv1D", LINE, filters=3, kernel_size=4, padding="same"),
    layer("Conv1D", LINE, filters=3, kernel_size=3, padding="causal", dilation_rate=2),
    layer("Conv1D", LINE, filters=4, kernel_size=2, strides=2, groups=2, activation="tanh"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=3),
    layer("Conv2D", IMAGE, filters=3, kernel_size=3, padding="same", activation="relu"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=(2, 4), padding="same"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=3, strides=2, padding="same"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=(3, 2), strides=(2, 1)),
    layer("Conv2D", IMAGE, filters=3, kernel_size=2, strides=3),
    layer("Conv2D", IMAGE, filters=3, kernel_size=(2, 1), strides=3, padding="same"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=1),
    layer("Conv2D", IMAGE, filters=3, kernel_size=1, strides=2, use_bias=False),
    layer("Conv2D", IMAGE, filters=3, kernel_size=(7, 6)),
    layer("Conv2D", (2, 3, 2, 2), filters=3, kernel_size=(5, 4), padding="same"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=(3, 2), dilation_rate=2),
    layer("Conv2D", IMAGE, filters=3, kernel_size=3, dilation_rate=(2, 3), padding="same"),
    layer("Conv2D", IMAGE, filters=6, kernel_size=3, groups=2),
    layer("Conv2D", (1, 5, 5, 1), filters=1, kernel_size=3),
    layer("Conv2D", (1, 6, 6, 17), filters=9, kernel_size=3, padding="same"),
    layer("Conv2D", IMAGE, filters=3, kernel_size=3, kernel_regularizer="l2"),
    without_keras(
        layer("Conv2D", FIRST_IMAGE, filters=3, kernel_size=3, **FIRST), NOT_FIRST, TENSORFLOW
    ),
    without_keras(
        layer("DepthwiseConv2D", (2, 4, 6, 6), kernel_size=3, **FIRST),
        WRONG_BIAS,
        TENSORFLOW,
    ),
    layer("Conv3D", VOLUME, filters=3, kernel_size=(2, 3, 2)),
    layer("Conv3D", VOLUME, filters=3, kernel_size=2, strides=2, padding="same"),
    layer("Conv1DTranspose", LINE, filters=3, kernel_size=3),
    layer("Conv1DTranspose", LINE, filters=3, kernel_size=2, strides=3, padding="same"),
    layer("Conv2DTranspose", IMAGE, filters=3, kernel_size=3),
    layer("Conv2DTranspose", IMAGE, filters=3, kernel_size=3, strides=2, padding="same"),
    layer("Conv2DTranspose", IMAGE, filters=3, kernel_size=(2, 3), strides=(3, 2)),
    layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=3, strides=2, output_padding=1),
    layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=4, strides=2, use_bias=False),
    layer("Conv3DTranspose", VOLUME, filters=2, kernel_size=2, strides=2),
    layer("DepthwiseConv1D", LINE, kernel_size=3, depth_multiplier=2),
    layer("DepthwiseConv1D", LINE, kernel_size=2, strides=2, padding="same"),
    layer("DepthwiseConv2D", IMAGE, kernel_size=3),
    layer("DepthwiseConv2D", IMAGE, kernel_size=(3, 2), padding="same", depth_multiplier=2),
    layer("DepthwiseConv2D", IMAGE, kernel_size=2, strides=2, activation="relu"),
    layer("DepthwiseConv2D", IMAGE, kernel_size=2, dilation_rate=2, use_bias=False),
    layer("SeparableConv1D", LINE, filters=3, kernel_size=3),
    layer("SeparableConv1D", LINE, filters=3, kernel_size=2, strides=2, padding="same"),
    layer("SeparableConv2D", IMAGE, filters=3, kernel_size=3, depth_multiplier=2),
    layer("SeparableConv2D", IMAGE, filters=3, kernel_size=2, strides=2, padding="same"),
]
POOLING = [
    layer(f"{kind}Pooling{n}D", shape, **settings)
    for kind in ("Max", "Average")
    for n, shape in ((1, LINE), (2, IMAGE), (3, VOLUME))
    for settings in (
        {"pool_size": 2},
        {"pool_size": 3, "strides": 1, "padding": "same"},
        {"pool_size": 2, "strides": 3},
        {"pool_size": 3, "strides": 2, "padding": "same"},
    )
]
POOLING += [
    layer("MaxPooling2D", IMAGE, pool_size=(3, 2), padding="same"),
    layer("MaxPooling2D", (2, 4, 6, 6), pool_size=2, **FIRST),
    layer("AveragePooling2D", FIRST_IMAGE, pool_size=2, padding="same", **FIRST),
    layer("AveragePooling2D", IMAGE, pool_size=(2, 3), strides=(1, 2), padding="same"),
]
POOLING += [
    layer(f"Global{kind}Pooling{n}D", shape, keepdims=keepdims)
    for kind in ("Max", "Average")
    for n, shape in ((1, LINE), (2, IMAGE), (3, VOLUME))
    for keepdims in (False, True)
]
POOLING += [layer("GlobalAveragePooling1D", LINE, call={"mask": flags(2, 7)})]
POOLING += [
    layer(f"Adaptive{kind}Pooling{n}D", shape, output_size=size)
    for kind in ("Max", "Average")
    for n, shape, size in ((1, LINE, 3), (2, IMAGE, (3, 4)), (3, VOLUME, (2, 3, 4)))
]
NORMALIZATION = [
    layer("BatchNormalization", IMAGE),
    layer("BatchNormalization", (5, 3)),
    layer("BatchNormalization", IMAGE, axis=1, momentum=0.5, epsilon=0.1),
    layer("BatchNormalization", IMAGE, center=False),
    layer("BatchNormalization", IMAGE, scale=False),
    layer("BatchNormalization", LINE, call={"mask": flags(2, 7)}),
    layer("BatchNormalization", IMAGE, renorm=True),
    layer("LayerNormalization", IMAGE),
    layer("LayerNormalization", IMAGE, axis=[1, 2], epsilon=0.1),
    layer("LayerNormalization", (3, 5), center=False),
    layer("LayerNormalization", (3, 5), scale=False),
    layer("GroupNormalization", IMAGE, groups=2),
    layer("GroupNormalization", IMAGE, groups=-1),
    layer("GroupNormalization", IMAGE, groups=3, axis=2),
    layer("GroupNormalization", LINE, groups=1, center=False),
    layer("RMSNormalization", IMAGE),
    layer("RMSNormalization", (3, 5), epsilon=0.1),
    layer("UnitNormalization", IMAGE),
    layer("UnitNormalization", IMAGE, axis=[1, 2]),
]
REGULARIZATION = [
    layer("Dropout", IMAGE, rate=0.3, seed=1),
    layer("Dropout", IMAGE, rate=0.5, noise_shape=(None, 1, 1, None)),
    layer("Dropout", (3, 5), rate=0.0),
    layer("SpatialDropout1D", LINE, rate=0.4),
    layer("SpatialDropout2D", IMAGE, rate=0.4),
    layer("SpatialDropout2D", IMAGE, rate=0.4, **FIRST),
    layer("SpatialDropout3D", VOLUME, rate=0.4),
    layer("GaussianNoise", IMAGE, stddev=0.3),
    layer("GaussianDropout", IMAGE, rate=0.3),
    layer("AlphaDropout", IMAGE, rate=0.3),
    layer("ActivityRegularization", IMAGE, l1=0.3, l2=0.1),
]
MERGING = [
    layer("Add", (2, 3, 4), (2, 1, 4), (2, 3, 1)),
    layer("Subtract", (2, 3, 4), (2, 1, 4)),
    layer("Multiply", (2, 3, 4), (2, 3, 4), (2, 1, 1)),
    layer("Average", (2, 3), (2, 3), (2, 3)),
    layer("Maximum", (2, 3), (2, 3), (2, 3)),
    layer("Minimum", (2, 3), (2, 3)),
    layer("Concatenate", (2, 3, 4), (2, 1, 4), axis=1),
    layer("Concatenate", IMAGE, (2, 7, 6, 1)),
    layer("Dot", (2, 3, 4), (2, 4, 5), axes=(2, 1)),
    layer("Dot", (2, 3), (2, 3), axes=1, normalize=True),
]
FROZEN = [
    layer("Dense", (3, 7), units=4, kernel_regularizer="l2", trainable=False),
    layer("Embedding", whole(0, 9, 2, 3), input_dim=9, output_dim=4, trainable=False),
    layer("Conv2D", IMAGE, filters=3, kernel_size=2, trainable=False),
    layer("PReLU", (2, 3, 4), trainable=False),
    layer("BatchNormalization", IMAGE, trainable=False),
    layer("LayerNormalization", IMAGE, trainable=False),
]
CASES = [
    *CORE,
    *ACTIVATIONS,
    *RESHAPING,
    *CONVOLUTIONS,
    *POOLING,
    *NORMALIZATION,
    *REGULARIZATION,
    *MERGING,
    *FROZEN,
]
