"""Small networks of the families of `keras.applications`, made by Keras's own functions.

They have fewer blocks or fewer filters than the published ones, and each kind of block.
"""

from __future__ import annotations

import importlib
from typing import Any
from unittest import mock

Shape = tuple[int, int, int]

TOP = {"weights": None, "classes": 10, "classifier_activation": None}


def family(name: str) -> Any:
    """The module of a family in Keras."""
    return importlib.import_module(f"keras.src.applications.{name}")


def with_classifier(inputs: Any, x: Any) -> Any:
    """The network that ends with feature maps, with scores of ten classes."""
    import keras

    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(10)(x))


def convnext(shape: Shape) -> Any:
    """Has layers of its own, and groups of layers as `Sequential`."""
    blocks = {"depths": (1, 2, 1, 1), "projection_dims": (8, 12, 16, 24)}
    settings = {"drop_path_rate": 0.2, "layer_scale_init_value": 0.3}
    return family("convnext").ConvNeXt(**blocks, **settings, input_shape=shape, **TOP)


def efficientnet(shape: Shape) -> Any:
    """As it is for the published weights: each channel of the image has a factor of its own."""
    sizes = ("kernel_size", "repeats", "filters_in", "filters_out", "expand_ratio", "strides")
    blocks = [
        dict(zip(sizes, numbers, strict=True), id_skip=True, se_ratio=0.25)
        for numbers in ((3, 1, 32, 16, 1, 1), (5, 2, 16, 24, 6, 2))
    ]
    module = family("efficientnet")
    no_file = mock.patch.object(module.file_utils, "get_file")
    no_weights = mock.patch.object(module.Functional, "load_weights")
    settings = {"weights": "imagenet", "weights_name": "b0", "include_top": False}
    with no_file, no_weights:
        base = module.EfficientNet(0.5, 1.0, 32, blocks_args=blocks, input_shape=shape, **settings)
    return with_classifier(base.input, base.output)


def efficientnet_v2(shape: Shape) -> Any:
    """Blocks with an ordinary convolution, and with one for each channel."""
    sizes = ("conv_type", "kernel_size", "num_repeat", "input_filters", "output_filters")
    settings = ("expand_ratio", "strides", "se_ratio")
    blocks = [
        dict(zip(sizes + settings, numbers, strict=True))
        for numbers in ((1, 3, 1, 32, 16, 1, 1, 0), (1, 3, 1, 16, 24, 4, 2, 0))
        + ((0, 3, 2, 24, 32, 3, 2, 0.25),)
    ]
    network = family("efficientnet_v2").EfficientNetV2
    return network(0.5, 1.0, 32, blocks_args=blocks, input_shape=shape, **TOP)


def inception(shape: Shape) -> Any:
    """Long kernels, averages over the image and what is around it, branches side by side."""
    import keras

    convolution, layers = family("inception_v3").conv2d_bn, keras.layers
    inputs = keras.Input(shape)
    x = convolution(inputs, 6, 3, 3, strides=2, padding="valid")
    average = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    long = convolution(convolution(x, 4, 1, 7), 5, 7, 1)
    x = layers.concatenate([convolution(x, 4, 1, 1), long, convolution(average, 3, 1, 1)], axis=3)
    largest = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.concatenate([convolution(x, 7, 3, 3, strides=2, padding="valid"), largest], axis=3)
    return with_classifier(inputs, x)


def inception_resnet(shape: Shape) -> Any:
    """One block of each of the three kinds, with a tenth of the filters."""
    import keras

    module = family("inception_resnet_v2")
    convolution = module.conv2d_bn

    def fewer(x: Any, filters: int, *args: Any, **kwargs: Any) -> Any:
        last = kwargs.get("use_bias")  # of a block: as many as the shortcut has
        return convolution(x, filters if last else filters // 10, *args, **kwargs)

    inputs = keras.Input(shape)
    x = convolution(inputs, 16, 3, strides=2, padding="valid")
    with mock.patch.object(module, "conv2d_bn", fewer):
        for kind, scale in (("block35", 0.17), ("block17", 0.1), ("block8", 1.0)):
            x = module.inception_resnet_block(x, scale, kind, 1)
    return with_classifier(inputs, x)


def mobilenet(shape: Shape) -> Any:
    """The first version: the classifier is a convolution."""
    import keras

    return keras.applications.MobileNet(shape, alpha=0.25, **TOP)


def mobilenet_v3(shape: Shape) -> Any:
    """Has operations beside layers: its hard swish divides by 6."""
    module = family("mobilenet_v3")

    def blocks(x: Any, kernel: int, activation: Any, se_ratio: float) -> Any:
        x = module._inverted_res_block(x, 1, 16, 3, 2, se_ratio, module.relu, 0)
        x = module._inverted_res_block(x, 3, 24, kernel, 2, None, module.relu, 1)
        return module._inverted_res_block(x, 2, 24, kernel, 1, se_ratio, activation, 2)

    return module.MobileNetV3(blocks, 32, shape, **TOP)


def nasnet(shape: Shape) -> Any:
    """Cells that take the results of the two before, padded, cut and projected to one size."""
    import keras

    module = family("nasnet")
    inputs = keras.Input(shape)
    x = keras.layers.Conv2D(6, 3, strides=2, use_bias=False)(inputs)
    x = keras.layers.BatchNormalization(momentum=0.9997)(x)
    x, before = module._reduction_a_cell(x, None, 4, block_id="first")
    x, before = module._normal_a_cell(x, before, 4, block_id="second")
    x, _ = module._normal_a_cell(x, before, 4, block_id="third")
    return with_classifier(inputs, keras.layers.Activation("relu")(x))


def resnet(shape: Shape) -> Any:
    """The first version: normalizes after each convolution, which has a bias, too."""
    module = family("resnet")

    def blocks(x: Any) -> Any:
        x = module.stack_residual_blocks_v1(x, 8, 2, stride1=1, name="conv2")
        return module.stack_residual_blocks_v1(x, 16, 1, name="conv3")

    return module.ResNet(blocks, preact=False, use_bias=True, input_shape=shape, **TOP)


def resnet_v2(shape: Shape) -> Any:
    """The second version: normalizes before each convolution; a shortcut leaves out pixels."""
    module = family("resnet")

    def blocks(x: Any) -> Any:
        x = module.stack_residual_blocks_v2(x, 8, 2, name="conv2")
        return module.stack_residual_blocks_v2(x, 16, 2, stride1=1, name="conv3")

    return module.ResNet(blocks, preact=True, use_bias=True, input_shape=shape, **TOP)


def vgg(shape: Shape) -> Any:
    """VGG16 with a sixteenth of the filters and units."""
    import keras

    module = family("vgg16")
    layers = {"Conv2D": keras.layers.Conv2D, "Dense": keras.layers.Dense}
    fewer = {
        name: lambda size, *args, layer=layer, **kwargs: layer(max(size // 16, 10), *args, **kwargs)
        for name, layer in layers.items()
    }
    with mock.patch.multiple(module.layers, **fewer):
        return module.VGG16(input_shape=shape, **TOP)


def xception(shape: Shape) -> Any:
    """Separable convolutions, largest values over windows that are cut at the border, a sum."""
    import keras

    layers = keras.layers
    inputs = keras.Input(shape)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization(axis=-1)(x))
    shortcut = layers.Conv2D(12, 1, strides=2, padding="same", use_bias=False)(x)
    for _ in range(2):
        x = layers.SeparableConv2D(12, 3, padding="same", use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(axis=-1)(x))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return with_classifier(inputs, layers.add([x, layers.BatchNormalization()(shortcut)]))


# Odd and unequal sides, but VGG's.
NETWORKS = {
    "a small ConvNeXt": (convnext, (41, 35)),
    "a small EfficientNet": (efficientnet, (33, 38)),
    "a small EfficientNetV2": (efficientnet_v2, (45, 64)),
    "a small Inception": (inception, (27, 38)),
    "a small InceptionResNet": (inception_resnet, (25, 19)),
    "a small MobileNet": (mobilenet, (35, 47)),
    "a small MobileNetV3": (mobilenet_v3, (35, 47)),
    "a small NASNet": (nasnet, (37, 30)),
    "a small ResNet": (resnet, (39, 33)),
    "a small ResNetV2": (resnet_v2, (32, 43)),
    "a small VGG": (vgg, (32, 64)),
    "a small Xception": (xception, (27, 38)),
}
