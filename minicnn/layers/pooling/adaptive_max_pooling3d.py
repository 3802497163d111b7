"""Adaptive max pooling over volumes."""

from minicnn.layers.pooling.base_adaptive_pooling import BaseAdaptiveMaxPooling


class AdaptiveMaxPooling3D(BaseAdaptiveMaxPooling):
    """The largest element of each window of volumes `(batch, depth, height, width, channels)`.

    `output_size` is the number of windows. Window i of m along an axis of length n reaches from
    ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉.
    """

    rank = 3
