"""Separable convolution over images."""

from minicnn.layers.convolutional.base_separable_conv import BaseSeparableConv


class SeparableConv2D(BaseSeparableConv):
    """Depthwise convolution, then a 1×1 convolution that mixes the channels.

    This takes fewer weights and products than a full convolution.

    `z[n, p, c · m + j] = Σ_k x[n, p · stride + k · dilation, c] · d[k, c, j]`, then
    `y[n, p, f] = activation(b[f] + Σ_i z[n, p, i] · w[i, f])`, with d the depthwise and w the
    pointwise kernel.

    Backward: For a linear activation `w̄[i, f] = Σ_{n, p} z[n, p, i] · ȳ[n, p, f]`,
    `z̄[n, p, i] = Σ_f ȳ[n, p, f] · w[i, f]`,
    `d̄[k, c, j] = Σ_{n, p} x[n, p · stride + k · dilation, c] · z̄[n, p, c · m + j]` and
    `x̄[n, p · stride + k · dilation, c] += Σ_j z̄[n, p, c · m + j] · d[k, c, j]`.

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
