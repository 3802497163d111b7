"""The axes of height, width and channels of an image or a batch of images."""

from __future__ import annotations

from typing import Any, NamedTuple

from minicnn.common.configuration import standardize_data_format


class Axes(NamedTuple):
    """The axes counted from the end, so that they are the same with and without a batch axis."""

    height: int
    width: int
    channels: int


def image_axes(images: Any, data_format: str | None) -> Axes:
    """The axes of images of rank 3 (one image) or 4 (a batch); other ranks are refused."""
    if len(images.shape) not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received input with shape: images.shape={tuple(images.shape)}"
        )
    if standardize_data_format(data_format) == "channels_last":
        return Axes(height=-3, width=-2, channels=-1)
    return Axes(height=-2, width=-1, channels=-3)


def with_lengths(shape: tuple, lengths: dict[int, int | None]) -> tuple:
    """The shape with other lengths along some axes.

    >>> with_lengths((2, 5, 5, 3), {-1: 1})
    (2, 5, 5, 1)
    """
    changed = list(shape)
    for axis, length in lengths.items():
        changed[axis] = length
    return tuple(changed)
