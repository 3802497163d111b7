"""Global max pooling over volumes."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalMaxPooling


class GlobalMaxPooling3D(BaseGlobalMaxPooling):
    """The largest element of each channel of volumes `(batch, depth, height, width, channels)`.

    What is left of a volume is one number for each channel.

    Formula: see `GlobalMaxPooling2D`. Arguments: see `GlobalAveragePooling2D`.
    """

    rank = 3
