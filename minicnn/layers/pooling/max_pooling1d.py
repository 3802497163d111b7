"""Max pooling over sequences."""

from minicnn.layers.pooling.base_pooling import BaseMaxPooling


class MaxPooling1D(BaseMaxPooling):
    """The largest element of each window of sequences `(batch, steps, channels)`.

    Arguments: see `MaxPooling2D`.
    """

    rank = 1
