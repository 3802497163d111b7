"""Convolution over volumes."""

from minicnn.layers.convolutional.base_conv import BaseConv


class Conv3D(BaseConv):
    """Convolution over three spatial dimensions: `(batch, depth, height, width, channels)`.

    Arguments and formula: see `Conv2D`.
    """

    rank = 3
