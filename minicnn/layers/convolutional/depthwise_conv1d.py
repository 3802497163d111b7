"""Depthwise convolution over sequences."""

from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv


class DepthwiseConv1D(BaseDepthwiseConv):
    """Convolution of each channel separately, over one spatial dimension.

    The channels are not mixed.

    Arguments and formula: see `DepthwiseConv2D`.
    """

    rank = 1
