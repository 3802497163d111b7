"""Global average pooling over volumes."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalAveragePooling


class GlobalAveragePooling3D(BaseGlobalAveragePooling):
    """The mean of each channel of volumes `(batch, depth, height, width, channels)`.

    Arguments: see `GlobalAveragePooling2D`.
    """

    rank = 3
