"""Average pooling over sequences."""

from minicnn.layers.pooling.base_pooling import BaseAveragePooling


class AveragePooling1D(BaseAveragePooling):
    """The mean of each window of sequences `(batch, steps, channels)`.

    Arguments: see `MaxPooling2D`.
    """

    rank = 1
