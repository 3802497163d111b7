"""Conversions of colours: RGB to grey, RGB to HSV and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.ops.define.declare import composite
from minicnn.ops.image.layout import image_axes


@composite("images", class_name="RGBToGrayscale")
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """The brightness of each pixel: 0.2989 red + 0.5870 green + 0.1140 blue.

    Args:
        images: `(batch, height, width, 3)` or one image; grey ones with one channel stay.

    Returns:
        The same shape with one channel, in the type of the images.

    Source: ITU-R recommendation BT.601.
    """
    axis = image_axes(images, data_format).channels
    channels = images.shape[axis]
    if channels not in (1, 3, None):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). Received input with shape: "
            f"images.shape={tuple(images.shape)}"
        )
    if channels == 1:
        return images
    dtype = dtypes.result_type(str(images.dtype), float)
    weights = np.array([0.2989, 0.5870, 0.1140], dtype).reshape((3,) + (1,) * (-1 - axis))
    grey = ops.sum(ops.cast(images, dtype) * weights, axis=axis, keepdims=True)
    return ops.cast(grey, images.dtype)


def _require_float_rgb(images: Any, data_format: str | None) -> int:
    axis = image_axes(images, data_format).channels
    if not dtypes.is_float_dtype(images.dtype):
        raise ValueError(
            "Invalid images dtype: expected float dtype. Received: "
            f"images.dtype={dtypes.standardize_dtype(images.dtype)}"
        )
    if images.shape[axis] not in (3, None):
        raise ValueError(
            "Input images must have 3 channels, but received images with "
            f"{images.shape[axis]} channels."
        )
    return axis


@composite("images", class_name="RGBToHSV")
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Red, green and blue from 0 to 1 as hue, saturation and value from 0 to 1.

    value = max(r, g, b), saturation = (value - min(r, g, b)) / value, and the hue is the position
    on the circle red, yellow, green, cyan, blue, magenta.
    Source: Smith, "Color gamut transform pairs" (1978).
    """
    axis = _require_float_rgb(images, data_format)
    red, green, blue = ops.unstack(images, 3, axis=axis)
    value = ops.maximum(ops.maximum(red, green), blue)
    span = value - ops.minimum(ops.minimum(red, green), blue)
    saturation = ops.divide_no_nan(span, value)
    sixths = ops.where(
        red == value,
        ops.divide_no_nan(green - blue, span),
        ops.where(
            green == value,
            ops.divide_no_nan(blue - red, span) + 2,
            ops.divide_no_nan(red - green, span) + 4,
        ),
    )
    hue = sixths / 6
    hue = ops.where(hue < 0, hue + 1, hue)
    return ops.stack([hue, saturation, value], axis=axis)


@composite("images", class_name="HSVToRGB")
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Hue, saturation and value from 0 to 1 as red, green and blue: the inverse of `rgb_to_hsv`."""
    axis = _require_float_rgb(images, data_format)
    hue, saturation, value = ops.unstack(images, 3, axis=axis)
    red = ops.clip(ops.abs(hue * 6 - 3) - 1, 0, 1)
    green = ops.clip(2 - ops.abs(hue * 6 - 2), 0, 1)
    blue = ops.clip(2 - ops.abs(hue * 6 - 4), 0, 1)
    return ops.stack(
        [(1 - saturation + saturation * part) * value for part in (red, green, blue)], axis=axis
    )
