"""Transposed convolution over images."""

from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose


class Conv2DTranspose(BaseConvTranspose):
    """Transposed convolution over two spatial dimensions, which makes images larger.

    Every pixel adds a kernel, times its number, to the output; where kernels overlap the numbers
    are added.

    It is the input gradient of a convolution, used as a layer:
    `y[n, p · stride + k · dilation, f] += x[n, p, c] · w[k, f, c]`, then bias and activation.

    Backward: For a linear activation
    `x̄[n, p, c] = Σ_{k, f} ȳ[n, p · stride + k · dilation, f] · w[k, f, c]`,
    `w̄[k, f, c] = Σ_{n, p} x[n, p, c] · ȳ[n, p · stride + k · dilation, f]` and
    `b̄[f] = Σ_{n, p} ȳ[n, p, f]`.

    Args:
        output_padding: positions to add at the end of height and width, fewer than `strides`.
            None makes each length n into n · stride with "same" padding, and into
            (n - 1) · stride + max(kernel, stride) with "valid".
        others: see `Conv2D`.

    Attributes:
        kernel: w, of shape `(*kernel_size, filters, channels)`.
        bias: of shape `(filters,)`.

    Source: Zeiler et al., "Deconvolutional networks" (2010).

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same")
        >>> layer(keras.ops.ones((2, 7, 7, 4))).shape
        (2, 14, 14, 8)
    """

    rank = 2
