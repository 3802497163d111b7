"""Average pooling over images."""

from minicnn.layers.pooling.base_pooling import BaseAveragePooling


class AveragePooling2D(BaseAveragePooling):
    """The mean of each window of images `(batch, height, width, channels)`.

    Images become smaller and smoother.

    Arguments: see `MaxPooling2D`.

    `y[n, p, c] = Σ_k x[n, p · stride + k, c] / m`, with m the number of elements in the window;
    those of the padding do not count.

    Backward: `x̄[n, p · stride + k, c] += ȳ[n, p, c] / m` for every k of the window.
    """

    rank = 2
