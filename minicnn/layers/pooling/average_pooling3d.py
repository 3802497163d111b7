"""Average pooling over volumes."""

from minicnn.layers.pooling.base_pooling import BaseAveragePooling


class AveragePooling3D(BaseAveragePooling):
    """The mean of each window of volumes `(batch, depth, height, width, channels)`.

    Volumes become smaller and smoother.

    Formula: see `AveragePooling2D`. Arguments: see `MaxPooling2D`.
    """

    rank = 3
