"""Convolution over volumes."""

from minicnn.layers.convolutional.base_conv import BaseConv


class Conv3D(BaseConv):
    """Convolution over three spatial dimensions: `(batch, depth, height, width, channels)`.

    One kernel slides along all three, as over the slices of a scan.

    Arguments and formula: see `Conv2D`.
    """

    rank = 3
