"""Cases with reductions over 5,000 to 70,000 elements: what sums in 16 bits cannot compute."""

from __future__ import annotations

from compare.cases.case import Case
from compare.cases.catalogue.layers import layer
from compare.cases.catalogue.losses import loss
from compare.cases.values import apart, binary, distribution, one_hot, signs, unit, whole, within

LINE = (2, 2600, 2)
IMAGE = (2, 52, 53, 3)
VOLUME = (2, 14, 15, 14, 2)
BATCH = (9000, 3)
NUMBERS = within(0.5, 3.0, *BATCH)._replace(fixed=True)
PART = within(0.05, 0.95, *BATCH)


def positive(*shape: int):
    """Values whose mean is not close to zero."""
    return within(0.5, 1.5, *shape)


LAYERS = [
    layer("Dense", (9000, 5), units=3),
    layer("Dense", (2, 20000), units=2),
    layer("Embedding", whole(0, 3, 2, 6000), input_dim=3, output_dim=2),
    layer("PReLU", IMAGE, shared_axes=[1, 2]),
    layer("Conv1D", LINE, filters=3, kernel_size=3),
    layer("Conv2D", IMAGE, filters=4, kernel_size=3, padding="same"),
    layer("Conv2D", IMAGE, filters=6, kernel_size=3, groups=3),
    layer("Conv2D", IMAGE, filters=2, kernel_size=1),
    layer("Conv3D", VOLUME, filters=2, kernel_size=2),
    layer("Conv1DTranspose", LINE, filters=3, kernel_size=3, strides=2),
    layer("Conv2DTranspose", IMAGE, filters=2, kernel_size=3, strides=2),
    layer("Conv3DTranspose", VOLUME, filters=2, kernel_size=2),
    layer("DepthwiseConv1D", LINE, kernel_size=3, depth_multiplier=2),
    layer("DepthwiseConv2D", IMAGE, kernel_size=3),
    layer("SeparableConv1D", LINE, filters=3, kernel_size=3),
    layer("SeparableConv2D", IMAGE, filters=3, kernel_size=3),
    layer("AveragePooling1D", positive(1, 12000, 2), pool_size=6000),
    layer("AveragePooling2D", positive(1, 80, 160, 2), pool_size=80),
    layer("AdaptiveAveragePooling2D", positive(1, 80, 160, 2), output_size=(1, 2)),
    layer("MaxPooling2D", positive(1, 80, 160, 2), pool_size=80),
    layer("GlobalAveragePooling1D", positive(1, 70000, 1)),
    layer("GlobalAveragePooling2D", positive(2, 200, 175, 1)),
    layer("GlobalAveragePooling3D", positive(1, 20, 20, 20, 2)),
    layer("GlobalMaxPooling2D", positive(2, 100, 90, 1)),
    layer("BatchNormalization", (2, 80, 70, 3)),
    layer("BatchNormalization", (70000, 1)),
    layer("LayerNormalization", (3, 6000)),
    layer("GroupNormalization", (2, 52, 53, 4), groups=2),
    layer("RMSNormalization", (2, 20000)),
    layer("UnitNormalization", (2, 20000)),
    layer("Softmax", (2, 6000)),
    layer("Dot", (2, 6000), positive(2, 6000), axes=1),
    layer("ActivityRegularization", positive(2, 6000), l1=0.001, l2=0.001),
]
LOSSES = [
    loss("MeanSquaredError", NUMBERS, apart(*BATCH)),
    loss("MeanSquaredError", within(0.5, 3.0, 70000)._replace(fixed=True), apart(70000)),
    loss("MeanSquaredError", NUMBERS, apart(*BATCH), reduction="sum"),
    loss("MeanAbsoluteError", NUMBERS, apart(*BATCH)),
    loss("MeanAbsolutePercentageError", NUMBERS, apart(*BATCH)),
    loss("MeanSquaredLogarithmicError", NUMBERS, positive(*BATCH)),
    loss("CosineSimilarity", NUMBERS, apart(*BATCH)),
    loss("Huber", NUMBERS, apart(*BATCH)),
    loss("LogCosh", NUMBERS, apart(*BATCH)),
    loss("Hinge", signs(*BATCH), apart(*BATCH)),
    loss("SquaredHinge", signs(*BATCH), apart(*BATCH)),
    loss("CategoricalHinge", one_hot(*BATCH), apart(*BATCH)),
    loss("KLDivergence", distribution(*BATCH)._replace(fixed=True), distribution(*BATCH)),
    loss("Poisson", NUMBERS, positive(*BATCH)),
    loss("BinaryCrossentropy", binary(*BATCH), PART),
    loss("BinaryCrossentropy", binary(*BATCH), apart(*BATCH), from_logits=True),
    loss("BinaryFocalCrossentropy", binary(*BATCH), PART),
    loss("CategoricalCrossentropy", one_hot(*BATCH), distribution(*BATCH)),
    loss("CategoricalCrossentropy", one_hot(2, 6000), apart(2, 6000), from_logits=True),
    loss("CategoricalFocalCrossentropy", one_hot(*BATCH), distribution(*BATCH)),
    loss("SparseCategoricalCrossentropy", whole(0, 3, 9000), apart(*BATCH), from_logits=True),
    loss("CategoricalGeneralizedCrossEntropy", whole(0, 3, 9000), distribution(*BATCH)),
    loss("Dice", binary(*BATCH), PART),
    loss("Tversky", binary(*BATCH), PART),
    loss("Circle", whole(0, 2, 80), unit(80, 3), gamma=4.0),
]
WEIGHTS = (apart(7000), apart(3, 5000))
OPTIMIZERS = [
    Case("optimizers", name, WEIGHTS, {"name": "case", **settings})
    for name, settings in (
        ("SGD", {"global_clipnorm": 2.0}),
        ("SGD", {"clipnorm": 0.5}),
        ("Adam", {}),
        ("Lamb", {"learning_rate": 0.1}),
        ("Adafactor", {}),
    )
]
CASES = [*LAYERS, *LOSSES, *OPTIMIZERS]
