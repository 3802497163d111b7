"""Transposed convolution over sequences."""

from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose


class Conv1DTranspose(BaseConvTranspose):
    """Transposed convolution over one spatial dimension. See `Conv2DTranspose`.

    Every step of the input adds a kernel, times its number, to the longer output.
    """

    rank = 1
