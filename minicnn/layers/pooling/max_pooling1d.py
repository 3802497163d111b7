"""Max pooling over sequences."""

from minicnn.layers.pooling.base_pooling import BaseMaxPooling


class MaxPooling1D(BaseMaxPooling):
    """The largest element of each window of sequences `(batch, steps, channels)`.

    Sequences become shorter; where in its window the largest stood is forgotten.

    Arguments and formula: see `MaxPooling2D`.
    """

    rank = 1
