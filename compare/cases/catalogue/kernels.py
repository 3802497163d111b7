"""Small cases, one for each way through the compiled kernels.

`python -m compare coverage` says which lines of the kernels no case reaches.
"""

from __future__ import annotations

from compare.cases.case import Case
from compare.cases.catalogue.layers import layer
from compare.cases.catalogue.marks import by_winograd
from compare.cases.catalogue.networks import chain, network, step
from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart

RELU, LINEAR = {"activation": "relu"}, {"activation": "linear"}
POOL = step("MaxPooling2D", pool_size=2)


def convolution(filters: int, kernel_size: int | tuple, padding: str = "valid", **more: object):
    """A convolution with relu, which is fused with a pool after it."""
    settings = {"padding": padding, "activation": "relu", **more}
    return step("Conv2D", filters=filters, kernel_size=kernel_size, **settings)


CONVOLUTIONS = [
    # Direct: half of a panel of sixteen filters, and one and a half; borders; phases.
    layer("Conv2D", (2, 5, 6, 9), filters=8, kernel_size=(3, 2)),
    layer(
        "Conv2D", (2, 5, 6, 8), filters=24, kernel_size=(3, 2), padding="same", activation="relu"
    ),
    layer("Conv2D", (2, 6, 7, 8), filters=8, kernel_size=3, strides=2, use_bias=False),
    layer("Conv2D", (2, 7, 8, 8), filters=8, kernel_size=(2, 3), dilation_rate=(2, 3)),
    op("conv", apart(2, 5, 6, 8), apart(3, 2, 8, 8)._replace(fixed=True)),
    # Few channels.
    layer("Conv2D", (2, 6, 7, 1), filters=24, kernel_size=3, padding="same", **RELU),
    layer("Conv2D", (1, 6, 6, 1), filters=8, kernel_size=3),
    # Winograd: tiles inside of the image, and at its border.
    layer("Conv2D", (1, 9, 11, 8), filters=8, kernel_size=3),
    by_winograd(layer("Conv2D", (1, 7, 6, 8), filters=9, kernel_size=3, padding="same", **RELU)),
    op("conv", apart(2, 5, 6, 8), apart(3, 3, 8, 8)._replace(fixed=True)),
    by_winograd(layer("Conv2D", (3, 5, 6, 8), filters=8, kernel_size=3)),
    # im2col.
    layer("Conv2D", (2, 5, 6, 5), filters=3, kernel_size=(4, 3), padding="same", **RELU),
    layer("Conv2D", (2, 7, 6, 5), filters=3, kernel_size=(2, 3), strides=(3, 2), padding="same"),
    layer("Conv2D", (2, 7, 6, 5), filters=3, kernel_size=(2, 3), use_bias=False),
    layer("Conv2D", (2, 5, 4, 6), filters=5, kernel_size=1, **RELU),
    layer("DepthwiseConv2D", (2, 5, 6, 9), kernel_size=3, padding="same", use_bias=False),
    layer("Conv2D", (2, 5, 6, 3), filters=6, kernel_size=2, groups=3),
]
POOLED = [
    chain("few channels, pool", 2, (7, 9, 1), convolution(24, 3), POOL),
    chain("few channels, wide kernel, pool", 2, (8, 9, 3), convolution(8, 4, "same"), POOL),
    chain("direct, pool", 2, (7, 6, 9), convolution(8, (2, 3)), POOL),
    chain("direct from whole vectors, pool", 2, (7, 6, 8), convolution(24, (2, 3)), POOL),
    chain("Winograd, pool", 1, (11, 12, 8), convolution(8, 3), POOL),
    chain("Winograd of odd channels, pool", 1, (7, 9, 9), convolution(11, 3, "same"), POOL),
    chain("few channels, pool, linear", 2, (7, 9, 1), convolution(8, 3, **LINEAR), POOL),
    chain("direct, pool, linear", 2, (7, 6, 8), convolution(8, (2, 3), **LINEAR), POOL),
    chain("Winograd, pool, linear", 1, (8, 7, 8), convolution(9, 3, **LINEAR), POOL),
    chain("im2col, pool", 2, (7, 6, 5), convolution(3, (2, 3)), POOL),
    chain("one by one, pool", 2, (6, 5, 6), convolution(5, 1), POOL),
    chain("depthwise, pool", 2, (6, 5, 9), step("DepthwiseConv2D", kernel_size=2), POOL),
]
OTHERS = [
    layer("BatchNormalization", (3, 5, 7, 9)),
    layer("BatchNormalization", (33, 16)),
    layer("MaxPooling2D", (2, 5, 7, 9), pool_size=2),
    layer("Dropout", (3, 5, 7), rate=0.3),
    chain("batch normalization, relu", 3, (4, 5, 11), step("BatchNormalization"), step("ReLU")),
    network(
        "sum, relu",
        3,
        (9,),
        (step("Dense", 0, units=9), step("Add", 0, 1), step("ReLU", 2), step("Dense", 3, units=4)),
        4,
    ),
    network(
        "sum of two shapes, relu",
        3,
        (4, 5),
        (
            step("GlobalAveragePooling1D", 0, keepdims=True),
            step("Add", 0, 1),
            step("ReLU", 2),
            step("Flatten", 3),
        ),
        20,
    ),
    layer("Dense", (33, 100), units=2003),
    op("multiply", apart(2001, 33), apart(33)),
    op("multiply", apart(2001, 33), apart(2001, 1)),
    op("sum", apart(2001, 33), axis=0),
    op("sum", apart(2001, 33)),
    op("moments", apart(2001, 33), 0),
    Case("optimizers", "SGD", (apart(9),), {"name": "case"}),
]
CASES = [*CONVOLUTIONS, *POOLED, *OTHERS]
