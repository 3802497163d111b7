"""Global max pooling over images."""

from minicnn.layers.pooling.base_global_pooling import BaseGlobalMaxPooling


class GlobalMaxPooling2D(BaseGlobalMaxPooling):
    """The largest element of each channel of images `(batch, height, width, channels)`.

    What is left of an image is one number for each channel.

    Arguments: see `GlobalAveragePooling2D`.

    `y[n, c] = max_p x[n, p, c]`

    Backward: `x̄[n, p, c] = ȳ[n, c]` at the largest element, else 0; several that are equally large
    share it.
    """

    rank = 2
