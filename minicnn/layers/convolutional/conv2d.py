"""Convolution over images."""

from minicnn.layers.convolutional.base_conv import BaseConv


class Conv2D(BaseConv):
    """Convolution over two spatial dimensions: `(batch, height, width, channels)`.

    Every output number is the sum of the products of one window of the input and a kernel. The same
    kernel is used at all positions.

    `y[n, p, f] = activation(b[f] + Σ_{k, c} x[n, p · stride + k · dilation, c] · w[k, c, f])`

    Backward: With `z` the sum and `y = activation(z)`: `z̄ = ȳ ⊙ activation'(z)`,
    `w̄[k, c, f] = Σ_{n, p} x[n, p · stride + k · dilation, c] · z̄[n, p, f]`,
    `x̄[n, p · stride + k · dilation, c] += Σ_f z̄[n, p, f] · w[k, c, f]` and
    `b̄[f] = Σ_{n, p} z̄[n, p, f]`.

    Args:
        filters: number of output channels.
        kernel_size, strides, dilation_rate: one integer, or one for each spatial dimension.
        padding: "valid" (none) or "same" (⌈length / stride⌉ outputs), in any letter case.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        groups: number of groups of channels and filters; filters use only channels of their group.
        activation: function applied to the result; none by default.
        use_bias: whether a bias is added to each output channel.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties added to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Attributes:
        kernel: w, of shape `(*kernel_size, channels / groups, filters)`.
        bias: b, of shape `(filters,)`.

    Raises:
        ValueError: if an argument is out of range, or the inputs do not fit.

    Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")
        >>> layer(keras.ops.ones((2, 28, 28, 1))).shape
        (2, 14, 14, 8)
    """

    rank = 2
