"""Separable convolution over sequences."""

from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv


class SeparableConv1D(BaseSeparableConv):
    """Depthwise, then 1×1 convolution, over one spatial dimension. See `SeparableConv2D`.

    This takes fewer weights and products than a full convolution.
    """

    rank = 1
