"""Affine transforms of images: each new pixel is read at a computed position of the old image."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.common.configuration import standardize_data_format
from minicnn.common.suggest import unknown_name
from minicnn.ops.define.declare import op
from minicnn.ops.image.layout import image_axes
from minicnn.ops.symbolic.keras_tensor import KerasTensor

INTERPOLATIONS = ("nearest", "bilinear")
FILL_MODES = ("constant", "nearest", "wrap", "reflect")


def _inside(position: np.ndarray, length: int, fill_mode: str) -> np.ndarray:
    """Positions outside the image mapped to positions inside, as the fill mode says."""
    last = length - 1
    if fill_mode == "nearest":
        return np.clip(position, 0, last)
    if fill_mode == "wrap":
        return _wrapped(position, length)
    if fill_mode == "reflect":
        return _reflected(position, length)
    return position


def _wrapped(position: np.ndarray, length: int) -> np.ndarray:
    """Positions in the repeated image, as TensorFlow counts: gaps between copies are an edge."""
    last = length - 1
    if last < 1:
        return np.zeros_like(position)
    below = position + length * (np.trunc(-position / last) + 1)
    above = position - length * np.trunc(position / last)
    position = np.where(position < 0, below, np.where(position > last, above, position))
    return np.clip(position, 0, last)


def _reflected(position: np.ndarray, length: int) -> np.ndarray:
    if length <= 1:
        return np.zeros_like(position)
    period = 2 * length
    position = np.mod(position, period)
    return np.clip(np.where(position >= length, period - position - 1, position), 0, length - 1)


def _nearest(position: np.ndarray) -> np.ndarray:
    """The nearest whole number; halves are rounded away from 0."""
    return np.trunc(position + np.copysign(np.float32(0.5), position))


def _taps(
    transforms: np.ndarray, height: int, width: int, interpolation: str, fill_mode: str
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The old pixels of each new pixel, each as (index into the flat image, weight, is inside)."""
    a0, a1, a2, b0, b1, b2, c0, c1 = transforms.astype("float32").T[:, :, None, None]
    y, x = np.meshgrid(np.arange(height, dtype="f4"), np.arange(width, dtype="f4"), indexing="ij")
    k = c0 * x + c1 * y + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        source_x = np.where(k == 0, -1, (a0 * x + a1 * y + a2) / k)
        source_y = np.where(k == 0, -1, (b0 * x + b1 * y + b2) / k)
    source_x = _inside(source_x, width, fill_mode)
    source_y = _inside(source_y, height, fill_mode)
    if interpolation == "nearest":
        corners = [(_nearest(source_y), _nearest(source_x), np.ones_like(source_y))]
    else:
        top, left = np.floor(source_y), np.floor(source_x)
        down, right = source_y - top, source_x - left
        corners = [
            (top, left, (1 - down) * (1 - right)),
            (top, left + 1, (1 - down) * right),
            (top + 1, left, down * (1 - right)),
            (top + 1, left + 1, down * right),
        ]
    taps = []
    for row, column, weight in corners:
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        index = np.where(inside, row * width + column, 0).astype(np.int64)
        taps.append((index, weight, inside))
    return taps


def _as_batch(images: np.ndarray, data_format: str) -> np.ndarray:
    """`(batch, height · width, channels)`, of images in any layout."""
    images = images if images.ndim == 4 else images[None]
    return images if data_format == "channels_last" else np.moveaxis(images, 1, -1)


def _as_given(batch: np.ndarray, like: np.ndarray, data_format: str) -> np.ndarray:
    batch = batch if data_format == "channels_last" else np.moveaxis(batch, -1, 1)
    return batch if like.ndim == 4 else batch[0]


def _checked(images: Any, transform: Any, interpolation: str, fill_mode: str, data_format: Any):
    image_axes(images, data_format)
    if interpolation not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    if fill_mode not in FILL_MODES:
        raise ValueError(unknown_name("fill_mode", fill_mode, FILL_MODES))
    if len(transform.shape) not in (1, 2):
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of "
            f"transforms). Received input with shape: transform.shape={tuple(transform.shape)}"
        )


def _affine_spec(images, transform, interpolation, fill_mode, fill_value, data_format):
    _checked(images, transform, interpolation, fill_mode, data_format)
    return KerasTensor(images.shape, images.dtype)


def _affine_vjp(g, y, images, transform, fill_value, **settings):
    return affine_transform_gradient(g, transform, **settings)


@op("images", "transform", spec=_affine_spec, vjp=(_affine_vjp, None))
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Reads the new pixel (x, y) at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k).

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.
        transform: `(a0, a1, a2, b0, b1, b2, c0, c1)`, for all images or each its own, with
            k = c0 x + c1 y + 1. No gradient flows to it.
        interpolation: "nearest" or "bilinear".
        fill_mode: the values outside the image: "constant" (`fill_value`), "nearest" (its edge),
            "wrap" (itself again) or "reflect" (its mirror image).

    Returns:
        The images' shape and type.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
        >>> moved = keras.ops.image.affine_transform(x, [1, 0, 1, 0, 1, 0, 0, 0])
        >>> keras.ops.squeeze(moved, -1)
        Tensor([[1., 0.],
                [3., 0.]], dtype=float32)
    """
    _checked(images, transform, interpolation, fill_mode, data_format)
    data_format = standardize_data_format(data_format)
    batch = _as_batch(images, data_format)
    n, height, width, channels = batch.shape
    flat = batch.reshape(n, height * width, channels)
    result = np.zeros(batch.shape, np.result_type(batch.dtype, np.float32))
    rows = np.arange(n)[:, None, None]
    for index, weight, inside in _taps(
        np.atleast_2d(transform), height, width, interpolation, fill_mode
    ):
        values = np.where(inside[..., None], flat[rows, index], fill_value)
        result += values * weight[..., None].astype(result.dtype)
    return _as_given(result.astype(images.dtype), images, data_format)


@op(
    "cotangent",
    "transform",
    spec=lambda cotangent, transform, **_: KerasTensor(cotangent.shape, cotangent.dtype),
    vjp=(lambda g, y, cotangent, transform, **s: affine_transform(g, transform, **s), None),
    wide=True,
)
def affine_transform_gradient(
    cotangent: Any, transform: Any, interpolation: str, fill_mode: str, data_format: str | None
) -> Any:
    """The cotangent of the images of `affine_transform`: each is added where its pixel was read."""
    data_format = standardize_data_format(data_format)
    batch = _as_batch(cotangent, data_format)
    n, height, width, channels = batch.shape
    result = np.zeros((n, height * width, channels), batch.dtype)
    rows = np.arange(n)[:, None, None]
    for index, weight, inside in _taps(
        np.atleast_2d(transform), height, width, interpolation, fill_mode
    ):
        share = batch * (weight * inside)[..., None].astype(batch.dtype)
        np.add.at(result, (rows, index), share)
    return _as_given(result.reshape(batch.shape), cotangent, data_format)
