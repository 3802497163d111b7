"""The layer that crops images to their middle."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import SizedImageLayer


class CenterCrop(SizedImageLayer):
    """Crops images to their middle; smaller images are cropped as little as possible and resized.

    No pixel is changed where the image is large enough.

    `y[n, i, j, c] = x[n, i + top, j + left, c]`, with `top = ⌊(rows - height) / 2⌋` and `left`
    likewise.

    Backward: `x̄[n, i + top, j + left, c] = ȳ[n, i, j, c]`, else 0.

    Args:
        height, width: of the result.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> keras.layers.CenterCrop(2, 2)(keras.ops.ones((8, 5, 4, 3))).shape
        (8, 2, 2, 3)
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any):
        super().__init__(height, width, data_format=data_format, **kwargs)

    settings = settings_of(__init__)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Cuts the middle out."""
        x = ops.cast(images, self.compute_dtype)
        axes = self.axes_of(x)
        top, left = x.shape[axes.height] - self.height, x.shape[axes.width] - self.width
        if min(top, left) < 0:
            size = (self.height, self.width)
            return ops.image.resize(
                x, size, crop_to_aspect_ratio=True, data_format=self.data_format
            )
        return cut_out(x, axes, (top // 2, left // 2), (self.height, self.width))


def cut_out(images: Any, axes: Any, corner: tuple[int, int], size: tuple[int, int]) -> Any:
    """The part of images of a given size whose corner is (top, left)."""
    places = [slice(None)] * len(images.shape)
    for axis, start, length in zip((axes.height, axes.width), corner, size, strict=True):
        places[axis] = slice(start, start + length)
    return images[tuple(places)]
