"""Convolution over sequences."""

from minicnn.layers.convolutional.base_conv import BaseConv


class Conv1D(BaseConv):
    """Convolution over one spatial dimension: `(batch, steps, channels)`.

    With `padding="causal"` no output depends on later steps. Arguments and formula: see `Conv2D`.
    Source of causal padding: van den Oord et al., "WaveNet" (2016), section 2.1.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Conv1D(8, 3, padding="causal")(keras.ops.ones((2, 10, 4))).shape
        (2, 10, 8)
    """

    rank = 1
