"""Max pooling over images."""

from minicnn.layers.pooling.base_pooling import BaseMaxPooling


class MaxPooling2D(BaseMaxPooling):
    """The largest element of each window of images `(batch, height, width, channels)`.

    Images become smaller; where in its window the largest stood is forgotten.

    `y[n, p, c] = max_k x[n, p · stride + k, c]`

    Backward: `x̄[n, p · stride + k, c] += ȳ[n, p, c]` for the k of the first largest; the others
    get nothing.

    Args:
        pool_size: one integer, or one for each spatial dimension.
        strides: distance between windows; `pool_size` by default.
        padding: "valid" (whole windows only) or "same" (⌈length / stride⌉ windows; positions
            outside the inputs do not count), in any letter case.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.

    Returns:
        `(batch, positions, positions, channels)`, in the layout of the inputs.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.MaxPooling2D(2)(keras.ops.ones((2, 28, 28, 8))).shape
        (2, 14, 14, 8)
    """

    rank = 2
