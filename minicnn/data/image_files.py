"""Image files as arrays, by Pillow."""

from __future__ import annotations

import importlib
import io
import os
from typing import Any

import numpy as np

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
COLOR_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
"""The names of colours in Keras, and in Pillow."""


def pillow() -> Any:
    """Pillow's module `Image`.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        raise ImportError(
            'Image files need Pillow, which is not installed: pip install "minicnn[images]".'
        ) from None


def open_picture(path: Any) -> Any:
    """The picture in a file, decoded; of an animation the first one.

    Args:
        path: the file, or an `io.BytesIO` with its content.

    Raises:
        ValueError: the file is no image, or is damaged; it is named.
    """
    image = pillow()
    if not isinstance(path, (str, bytes, os.PathLike, io.BytesIO)):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    try:
        picture = image.open(path)
        picture.load()
    except FileNotFoundError:
        raise
    # Pillow raises errors of many kinds for damaged files
    except (OSError, SyntaxError, ValueError, image.DecompressionBombError) as error:
        name = os.fsdecode(path) if not isinstance(path, io.BytesIO) else "the given bytes"
        raise ValueError(
            f"Cannot read the image {name}: {error}. Expected a whole file in one of the formats "
            f"{', '.join(FORMATS)}; replace or remove it."
        ) from None
    return picture


def pixels(path: Any, color_mode: str) -> np.ndarray:
    """The pixels of an image file, uint8 `(height, width, channels)`."""
    picture = open_picture(path)
    if picture.mode.startswith("I;16"):  # Pillow would cut off all that is brighter than 255
        picture = pillow().fromarray((np.asarray(picture) >> 8).astype("uint8"))
    array = np.asarray(picture.convert(COLOR_MODES[color_mode]))
    return array[..., None] if array.ndim == 2 else array
