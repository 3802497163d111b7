"""Average pooling over sequences."""

from minicnn.layers.pooling.base_pooling import BaseAveragePooling


class AveragePooling1D(BaseAveragePooling):
    """The mean of each window of sequences `(batch, steps, channels)`.

    Sequences become shorter and smoother.

    Formula: see `AveragePooling2D`. Arguments: see `MaxPooling2D`.
    """

    rank = 1
