"""Global average pooling over volumes."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalAveragePooling


class GlobalAveragePooling3D(BaseGlobalAveragePooling):
    """The mean of each channel of volumes `(batch, depth, height, width, channels)`.

    What is left of a volume is one number for each channel.

    Arguments and formula: see `GlobalAveragePooling2D`.
    """

    rank = 3
