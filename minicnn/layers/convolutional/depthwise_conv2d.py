"""Depthwise convolution over images."""

from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv


class DepthwiseConv2D(BaseDepthwiseConv):
    """Convolution of each channel separately, over two spatial dimensions.

    No output channel uses more than one input channel, so there are fewer weights and products.

    `y[n, p, c·m + j] = activation(b[c·m + j] + Σ_k x[n, p·stride + k·dilation, c] · w[k, c, j])`
    with m the multiplier and j < m.

    Backward: For a linear activation
    `w̄[k, c, j] = Σ_{n, p} x[n, p · stride + k · dilation, c] · ȳ[n, p, c · m + j]` and
    `x̄[n, p · stride + k · dilation, c] += Σ_j ȳ[n, p, c · m + j] · w[k, c, j]`.

    Args:
        depth_multiplier: m, the number of output channels for each input channel.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: of the kernel.
        others: see `Conv2D`.

    Attributes:
        kernel: w, of shape `(*kernel_size, channels, depth_multiplier)`.
        bias: b, of shape `(channels · depth_multiplier,)`.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.DepthwiseConv2D(3, depth_multiplier=2)
        >>> layer(keras.ops.ones((2, 28, 28, 3))).shape
        (2, 26, 26, 6)
    """

    rank = 2
