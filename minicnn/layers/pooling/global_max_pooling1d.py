"""Global max pooling over sequences."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalMaxPooling


class GlobalMaxPooling1D(BaseGlobalMaxPooling):
    """The largest element of each channel of sequences `(batch, steps, channels)`.

    What is left of a sequence is one number for each channel.

    Formula: see `GlobalMaxPooling2D`. Arguments: see `GlobalAveragePooling2D`.
    """

    rank = 1
