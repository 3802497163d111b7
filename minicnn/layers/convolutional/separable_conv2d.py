"""Separable convolution over images."""

from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv


class SeparableConv2D(BaseSeparableConv):
    """Depthwise convolution, then a 1×1 convolution that mixes the channels.

    Args:
        filters: number of output channels.
        depth_multiplier: channels between the two, for each input channel.
        depthwise_initializer, pointwise_initializer and so on: of the two kernels.
        others: see `Conv2D`.

    Attributes:
        depthwise_kernel: of shape `(*kernel_size, channels, depth_multiplier)`.
        pointwise_kernel: of shape `(1, 1, channels · depth_multiplier, filters)`.
        bias: of shape `(filters,)`.

    Source: Chollet, "Xception: deep learning with depthwise separable convolutions" (2017).

    Example:
        >>> import minicnn as keras
        >>> keras.layers.SeparableConv2D(8, 3)(keras.ops.ones((2, 28, 28, 3))).shape
        (2, 26, 26, 8)
    """

    rank = 2
