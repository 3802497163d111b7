"""Global average pooling over images."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalAveragePooling


class GlobalAveragePooling2D(BaseGlobalAveragePooling):
    """The mean of each channel of images `(batch, height, width, channels)`.

    What is left of an image is one number for each channel.

    `y[n, c] = Σ_p x[n, p, c] / m`, with m the number of positions.

    Backward: `x̄[n, p, c] = ȳ[n, c] / m`

    Args:
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
        keepdims: whether the spatial dimensions stay, with length 1.

    Returns:
        `(batch, channels)`, or with `keepdims` the rank of the inputs.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.GlobalAveragePooling2D()(keras.ops.ones((2, 7, 7, 8))).shape
        (2, 8)
    """

    rank = 2
