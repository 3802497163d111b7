"""Single images: from and to files, as pictures of Pillow and as arrays."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.data.image_files import COLOR_MODES, open_picture, pillow

_RESAMPLING = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Reads an image from a file, as a picture of Pillow (`pip install "minicnn[images]"`).

    Args:
        path: the file, or an `io.BytesIO` with its content.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width to resize to.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming".
        keep_aspect_ratio: whether to cut borders off before resizing, so that nothing is distorted.

    Raises:
        ValueError: an unknown color mode or interpolation, or a file that is no image; it is named.

    Example:
        >>> import tempfile
        >>> name = f"{tempfile.mkdtemp()}/grey.png"
        >>> save_img(name, np.zeros((2, 3, 1)))
        >>> img_to_array(load_img(name, target_size=(4, 4))).shape
        (4, 4, 3)
    """
    if color_mode not in COLOR_MODES:
        raise ValueError(
            f'color_mode must be "grayscale", "rgb", or "rgba". Received: color_mode={color_mode!r}'
        )
    picture = open_picture(path)
    mode = COLOR_MODES[color_mode]
    if not (picture.mode == mode or (mode == "L" and picture.mode in ("I;16", "I"))):
        picture = picture.convert(mode)
    if target_size is None or picture.size == (target_size[1], target_size[0]):
        return picture
    if interpolation not in _RESAMPLING:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are "
            f"{', '.join(_RESAMPLING)}"
        )
    filter_ = pillow().Resampling[interpolation.upper()]
    box = _largest_box(picture.size, target_size) if keep_aspect_ratio else None
    return picture.resize((target_size[1], target_size[0]), filter_, box=box)


def _largest_box(size: tuple[int, int], target_size: tuple[int, int]) -> tuple[int, ...]:
    """Left, top, right and bottom of the largest part in the middle with the new ratio."""
    width, height = size
    new_height, new_width = target_size
    inner_height = min(height, width * new_height // new_width)
    inner_width = min(width, height * new_width // new_height)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    return left, top, left + inner_width, top + inner_height


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A picture of Pillow as an array `(height, width, channels)`, or channels first."""
    array = np.array(img, dtype=dtype or configuration.floatx())
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3:
        raise ValueError(f"Unsupported image shape: {array.shape}. Expected 2 or 3 axes.")
    first = configuration.standardize_data_format(data_format) == "channels_first"
    return array.transpose(2, 0, 1) if first else array


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """An array of one image as a picture of Pillow (`pip install "minicnn[images]"`).

    Args:
        x: `(height, width, channels)` with 1, 3 or 4 channels, or channels first.
        data_format: "channels_last" or "channels_first".
        scale: whether to bring the values to 0 to 255: the smallest becomes 0, the largest 255.
        dtype: type to compute in.

    Example:
        >>> array_to_img(np.zeros((2, 3, 3))).size
        (3, 2)
    """
    first = configuration.standardize_data_format(data_format) == "channels_first"
    array = np.asarray(x, dtype=dtype or configuration.floatx())
    if array.ndim != 3:
        raise ValueError(
            "Expected image array to have rank 3 (single image). Got array with shape: "
            f"{array.shape}"
        )
    if first:
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    image, channels = pillow(), array.shape[2]
    if channels in (3, 4):
        return image.fromarray(np.ascontiguousarray(array.astype("uint8")))
    if channels != 1:
        raise ValueError(f"Unsupported channel number: {channels}. Expected 1, 3 or 4.")
    if array.max() > 255:
        return image.fromarray(array[..., 0].astype("int32"))
    return image.fromarray(array[..., 0].astype("uint8"))


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array of one image into a file.

    Args:
        path: the file, or a file object.
        x: the image, as `array_to_img` takes it.
        data_format: "channels_last" or "channels_first".
        file_format: such as "png"; by default the ending of the name says it.
        scale: whether to bring the values to 0 to 255.
        **kwargs: for Pillow's `Image.save`.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    file_format = (file_format or "").lower() or None
    file_format = "jpeg" if file_format == "jpg" else file_format
    picture = array_to_img(x, data_format=data_format, scale=scale)
    if picture.mode == "RGBA" and file_format == "jpeg":
        warnings.warn(
            "The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2
        )
        picture = picture.convert("RGB")
    content = io.BytesIO()
    picture.save(content, format=file_format, **kwargs)
    if hasattr(path, "write"):
        path.write(content.getvalue())
    else:
        Path(path).write_bytes(content.getvalue())


def smart_resize(
    x: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
) -> Any:
    """Resizes images without distorting them: borders are cut off first.

    Args:
        x: `(height, width, channels)` or a batch of such images, or channels first.
        size: the new height and width.
        interpolation: as for `ops.image.resize`.
        data_format: "channels_last" or "channels_first".

    Returns:
        A NumPy array for an array, a tensor for a tensor.

    Example:
        >>> smart_resize(np.zeros((30, 40, 3)), (8, 8)).shape
        (8, 8, 3)
    """
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    if len(x.shape) not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, "
            f"height, width, channels)`, but got input with incorrect rank, of shape {x.shape}."
        )
    resized = ops.image.resize(
        x, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format
    )
    return np.asarray(resized) if isinstance(x, np.ndarray) else resized
