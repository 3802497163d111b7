"""Cases that combine arguments: each two values of different arguments occur in one of them."""

from compare.cases.catalogue.combinations import (
    attention,
    layers,
    losses,
    metrics,
    operations,
    optimizers,
    parts,
    preprocessing,
    recurrent,
    training,
)

CASES = [
    *layers.CASES,
    *recurrent.CASES,
    *attention.CASES,
    *preprocessing.CASES,
    *parts.CASES,
    *losses.CASES,
    *metrics.CASES,
    *optimizers.CASES,
    *operations.CASES,
    *training.CASES,
]
