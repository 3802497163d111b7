"""Cases that are large enough for the kernels to cut their work into more than four pieces.

Sizes are odd, so that the last piece, the last block of it and the last vector are not full; each
is just above the size at which the kernel cuts (the constants `PIECE...` in `backend/numba`).
`python -m compare coverage` counts the pieces. Activations of the convolutions are linear: of
hundreds of thousands of sums some are so close to zero that rounding decides relu's slope.
"""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.catalogue.layers import layer
from compare.cases.catalogue.losses import loss
from compare.cases.catalogue.marks import by_winograd, of_long_sums, with_constant_part
from compare.cases.catalogue.networks import network, step
from compare.cases.catalogue.operations.line import op
from compare.cases.values import apart, flags, whole

WEIGHTS = (apart(9), apart(401, 421), apart(3, 5))


def steps_of(optimizer: str, **settings: Any) -> Case:
    """A case of an optimizer with a large weight between two small ones."""
    return Case("optimizers", optimizer, WEIGHTS, {"name": "case", **settings})


CONVOLUTIONS = [
    # Winograd; the gradient's sums have 512 tiles at least.
    by_winograd(layer("Conv2D", (64, 25, 26, 9), filters=17, kernel_size=3, padding="same")),
    by_winograd(layer("Conv2D", (5, 5, 6, 209), filters=225, kernel_size=3)),
    # Direct; the input's gradient by im2col (17 channels) and direct (24).
    layer("Conv2D", (40, 11, 10, 17), filters=40, kernel_size=5),
    of_long_sums(
        layer("Conv2D", (65, 9, 12, 24), filters=24, kernel_size=(3, 2), strides=2, padding="same"),
        65 * 5 * 6,
    ),
    # Few channels.
    of_long_sums(layer("Conv2D", (40, 27, 28, 1), filters=33, kernel_size=3)),
    # im2col.
    of_long_sums(layer("Conv2D", (100, 20, 13, 6), filters=3, kernel_size=(5, 4), strides=(2, 1))),
    layer("DepthwiseConv2D", (37, 13, 12, 9), kernel_size=3, padding="same"),
]
NORMALIZATION_AND_POOLING = [
    layer("BatchNormalization", (40, 13, 13, 49)),
    layer("MaxPooling2D", (5, 71, 71, 25), pool_size=2),
    layer("MaxPooling2D", (5, 201, 203, 3), pool_size=2),
    layer("MaxPooling2D", (23, 21, 22, 17), pool_size=3, strides=2, padding="same"),
]
LINEAR = [layer("AveragePooling2D", (23, 21, 22, 17), pool_size=3, strides=2, padding="same")]
SEQUENCES, MASK = (103, 3, 5), {"mask": flags(103, 3)}
RECURRENT = [
    *(layer(name, SEQUENCES, units=9, call=MASK) for name in ("SimpleRNN", "LSTM", "GRU")),
    layer("GRU", SEQUENCES, units=9, reset_after=False, call=MASK),
]
OTHERS = [
    *RECURRENT,
    of_long_sums(layer("Dense", (5100, 48), units=101), 5100),
    layer("Add", (83, 1001), (83, 1001)),
    *(op(name, apart(83, 1001)) for name in ("relu", "tanh", "softsign")),
    op("gelu", apart(83, 1001), approximate=False),
    op("softmax", apart(701, 33)),
    op("log_softmax", apart(701, 33)),
    op("argmax", apart(3001, 113), axis=-1),
    op("add", apart(2003, 43), apart(43)),
    op("multiply", apart(2003, 43), apart(43)),
    of_long_sums(op("moments", apart(25_001, 5), 0)),
    loss("SparseCategoricalCrossentropy", whole(0, 33, 701), apart(701, 33), from_logits=True),
    network(
        "many sums, relu",
        2300,
        (37,),
        (step("Dense", 0, units=37), step("Add", 0, 1), step("ReLU", 2)),
        37,
    ),
]
OPTIMIZERS = [
    steps_of("SGD"),
    steps_of("SGD", learning_rate=0.1, momentum=0.9),
    steps_of("SGD", learning_rate=0.1, momentum=0.9, nesterov=True),
    steps_of("AdamW", learning_rate=0.1, weight_decay=0.1),
    steps_of("RMSprop", learning_rate=0.01),
]
DENSE = "values are closer to each other than the steps of central differences"


def _unconfirmed(*cases: Case) -> list[Case]:
    return [with_constant_part(case, DENSE) for case in cases]


# Those with loops over so many numbers that they take minutes if nothing is compiled.
SLOW_IN_PYTHON = [
    *_unconfirmed(*CONVOLUTIONS, *NORMALIZATION_AND_POOLING, *OPTIMIZERS),
    *LINEAR,
]
CASES = [*SLOW_IN_PYTHON, *_unconfirmed(*OTHERS)]
