"""Global max pooling over images."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalMaxPooling


class GlobalMaxPooling2D(BaseGlobalMaxPooling):
    """The largest element of each channel of images `(batch, height, width, channels)`.

    Arguments: see `GlobalAveragePooling2D`.
    """

    rank = 2
