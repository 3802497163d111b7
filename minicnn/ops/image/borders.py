"""Adding borders to images and removing them."""

from __future__ import annotations

from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import composite
from minicnn.ops.image.layout import image_axes, with_lengths
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Length = int | None


def _require_two(values: dict[str, Length]) -> None:
    if list(values.values()).count(None) != 1:
        raise ValueError(
            f"Must specify exactly two of {', '.join(values)}. Received: "
            + ", ".join(f"{name}={value}" for name, value in values.items())
        )


def _require_non_negative(values: dict[str, Length], length: Length) -> None:
    for name, value in values.items():
        if value is not None and value < 0:
            raise ValueError(
                f"{name} must be >= 0. Received: {name}={value}, for images with a length of "
                f"{length} along that axis."
            )


def _third(length: Length, first: Length, last: Length, target: Length, sign: int) -> dict:
    """The missing one of (first, last, target), by `target = length + sign · (first + last)`."""
    if target is None:
        return {"target": None if length is None else length + sign * (first + last)}
    if length is None:
        return {}
    given = last if first is None else first
    return {"first" if first is None else "last": sign * (target - length) - given}


def _borders(
    kind: str, length: Length, names: tuple[str, str, str], values: tuple, sign: int
) -> tuple[Length, Length, Length]:
    """First border, last border and length of the result along one axis, checked."""
    labels = (f"{names[0]}_{kind}", f"{names[1]}_{kind}", f"target_{names[2]}")
    _require_two(dict(zip(labels, values, strict=True)))
    _require_non_negative(dict(zip(labels, values, strict=True)), length)
    found = dict(zip(("first", "last", "target"), values, strict=True))
    found |= _third(length, *values, sign)
    _require_non_negative(dict(zip(labels, found.values(), strict=True)), length)
    return tuple(found.values())


@composite("images")
def pad_images(
    images: Any,
    top_padding: Length = None,
    left_padding: Length = None,
    bottom_padding: Length = None,
    right_padding: Length = None,
    target_height: Length = None,
    target_width: Length = None,
    data_format: str | None = None,
) -> Any:
    """Adds zeros around images; two of first border, last border and target are given per axis.

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.

    Returns:
        The images with height and width made larger.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.ones((15, 25, 3))
        >>> keras.ops.image.pad_images(x, 2, 3, target_height=20, target_width=30).shape
        (20, 30, 3)
    """
    axes = image_axes(images, data_format)
    height, width = images.shape[axes.height], images.shape[axes.width]
    rows = (top_padding, bottom_padding, target_height)
    columns = (left_padding, right_padding, target_width)
    top, bottom, target_height = _borders("padding", height, ("top", "bottom", "height"), rows, 1)
    left, right, target_width = _borders("padding", width, ("left", "right", "width"), columns, 1)
    if height is None or width is None:
        # Symbolic images of unknown size: the padding is computed later, the target is known.
        lengths = {axes.height: target_height, axes.width: target_width}
        return KerasTensor(with_lengths(images.shape, lengths), images.dtype)
    pairs = [(0, 0)] * len(images.shape)
    pairs[axes.height], pairs[axes.width] = (top, bottom), (left, right)
    return ops.pad(images, pairs)


@composite("images")
def crop_images(
    images: Any,
    top_cropping: Length = None,
    left_cropping: Length = None,
    bottom_cropping: Length = None,
    right_cropping: Length = None,
    target_height: Length = None,
    target_width: Length = None,
    data_format: str | None = None,
) -> Any:
    """Cuts borders off; two of first border, last border and target are given per axis.

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.

    Returns:
        The images with height and width made smaller.
    """
    axes = image_axes(images, data_format)
    height, width = images.shape[axes.height], images.shape[axes.width]
    for length, target, name in ((height, target_height, "height"), (width, target_width, "width")):
        if length is None and target is None:
            raise ValueError(
                f"When the {name} of the images is unknown, `target_{name}` must be specified. "
                f"Received images.shape={tuple(images.shape)}"
            )
    rows = (top_cropping, bottom_cropping, target_height)
    columns = (left_cropping, right_cropping, target_width)
    top, _, height = _borders("cropping", height, ("top", "bottom", "height"), rows, -1)
    left, _, width = _borders("cropping", width, ("left", "right", "width"), columns, -1)
    starts, shape = [0] * len(images.shape), list(images.shape)
    starts[axes.height], starts[axes.width] = top or 0, left or 0
    shape[axes.height], shape[axes.width] = height, width
    return ops.slice(images, starts, shape)
