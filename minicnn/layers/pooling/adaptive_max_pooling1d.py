"""Adaptive max pooling over sequences."""

from minicnn.layers.pooling.base_adaptive_pooling import BaseAdaptiveMaxPooling


class AdaptiveMaxPooling1D(BaseAdaptiveMaxPooling):
    """The largest element of each window of sequences `(batch, steps, channels)`.

    `output_size` is the number of windows. Window i of m along an axis of length n reaches from
    ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉.
    """

    rank = 1
