"""Max pooling over volumes."""

from minicnn.layers.pooling.base_pooling import BaseMaxPooling


class MaxPooling3D(BaseMaxPooling):
    """The largest element of each window of volumes `(batch, depth, height, width, channels)`.

    Arguments: see `MaxPooling2D`.
    """

    rank = 3
