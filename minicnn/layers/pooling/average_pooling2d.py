"""Average pooling over images."""

from minicnn.layers.pooling.base_pooling import BaseAveragePooling


class AveragePooling2D(BaseAveragePooling):
    """The mean of each window of images `(batch, height, width, channels)`.

    Arguments: see `MaxPooling2D`.
    """

    rank = 2
