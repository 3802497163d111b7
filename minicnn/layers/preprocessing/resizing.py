"""The layer that resizes images."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import SizedImageLayer


class Resizing(SizedImageLayer):
    """Gives images another height and width, by interpolation.

    It computes what `ops.image.resize` does.

    `y[n, i, j, c] = Σ_{k, l} a[i, k] · b[j, l] · x[n, k, l, c]`, with a and b the weights of the
    interpolation.

    Backward: `x̄[n, k, l, c] = Σ_{i, j} a[i, k] · b[j, l] · ȳ[n, i, j, c]`

    Args:
        height, width: of the result.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether borders are cut off first, so that nothing is distorted.
        pad_to_aspect_ratio: whether borders of `fill_value` are added first, likewise.
        fill_mode: "constant".
        antialias: whether shrinking takes the mean over all pixels.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Resizing(7, 14)(keras.ops.ones((2, 28, 28, 1))).shape
        (2, 7, 14, 1)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(height, width, data_format=data_format, **kwargs)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    settings = settings_of(__init__)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Resizes."""
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Resizes without mixing classes."""
        return self._resized(masks, "nearest")

    def _resized(self, images: Any, interpolation: str) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
