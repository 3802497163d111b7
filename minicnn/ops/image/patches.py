"""Patches of images, each with its pixels as channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.config import standardize_data_format
from minicnn.ops.declare import composite


@composite("images")
def extract_patches(
    images: Any,
    size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Each patch as one position: a convolution whose kernel is the identity.

    Args:
        images: `(batch, height, width, channels)`, one image, or channels first; volumes with a
            size of three.
        size: of a patch.
        strides: how far apart patches are; `size` by default.

    Returns:
        `(batch, rows, columns, patch height · patch width · channels)`, in the images' layout.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.image.extract_patches(keras.ops.ones((2, 20, 20, 3)), (5, 5)).shape
        (2, 4, 4, 75)
    """
    size = (size, size) if isinstance(size, int) else tuple(size)
    data_format = standardize_data_format(data_format)
    channels = images.shape[-1 if data_format == "channels_last" else -1 - len(size)]
    elements = channels * int(np.prod(size))
    kernel = np.eye(elements, dtype=str(images.dtype)).reshape(*size, channels, elements)
    batch = images if len(images.shape) == len(size) + 2 else ops.expand_dims(images, 0)
    strides = size if strides is None else strides
    patches = ops.conv(batch, kernel, strides, padding, data_format, dilation_rate)
    return patches if batch is images else ops.squeeze(patches, 0)


@composite("volumes", class_name="ExtractPatches3D")
def extract_patches_3d(
    volumes: Any,
    size: int | tuple[int, int, int],
    strides: int | tuple[int, int, int] | None = None,
    dilation_rate: int | tuple[int, int, int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """`extract_patches` of volumes `(batch, depth, height, width, channels)`."""
    size = (size,) * 3 if isinstance(size, int) else size
    return extract_patches(volumes, size, strides, dilation_rate, padding, data_format)
