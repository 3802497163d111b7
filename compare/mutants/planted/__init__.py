"""The planted bugs: one entry each, in a file for each part of the library."""

from compare.mutants.planted import (
    activations,
    arithmetic,
    attention,
    convolution,
    kernels,
    losses,
    metrics,
    normalization,
    optimizers,
    pooling,
    recurrent,
    regularization,
    training,
)
from compare.mutants.planted.switch import PARTS, Bug, switched_on

BUGS: list[Bug] = [
    *convolution.BUGS,
    *pooling.BUGS,
    *activations.BUGS,
    *normalization.BUGS,
    *regularization.BUGS,
    *losses.BUGS,
    *optimizers.BUGS,
    *metrics.BUGS,
    *arithmetic.BUGS,
    *attention.BUGS,
    *training.BUGS,
    *recurrent.BUGS,
    *kernels.BUGS,
]

__all__ = ["BUGS", "PARTS", "Bug", "switched_on"]
