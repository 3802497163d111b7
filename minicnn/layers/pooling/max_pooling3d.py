"""Max pooling over volumes."""

from minicnn.layers.pooling.base_pooling import BaseMaxPooling


class MaxPooling3D(BaseMaxPooling):
    """The largest element of each window of volumes `(batch, depth, height, width, channels)`.

    Volumes become smaller; where in its window the largest stood is forgotten.

    Arguments and formula: see `MaxPooling2D`.
    """

    rank = 3
