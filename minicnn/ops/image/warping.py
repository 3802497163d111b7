"""Warps of images: each new pixel is read at a computed position of the old image."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.common.configuration import standardize_data_format
from minicnn.common.suggest import unknown_name
from minicnn.ops.define.declare import composite, op
from minicnn.ops.image.layout import image_axes
from minicnn.ops.image.sampling import MODES, as_batch, as_given, sample
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor

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


def _positions_spec(transform, height, width, interpolation, fill_mode):
    return KerasTensor((2, *transform.shape[:-1], height, width), "float32")


@op("transform", spec=_positions_spec)
def affine_positions(
    transform: Any, height: int, width: int, interpolation: str, fill_mode: str
) -> Any:
    """Where `affine_transform` reads each new pixel: rows and columns, inside by the fill mode.

    They are computed in float32, as TensorFlow does.
    """
    a0, a1, a2, b0, b1, b2, c0, c1 = transform.astype("float32").T[:, :, None, None]
    y, x = np.meshgrid(np.arange(height, dtype="f4"), np.arange(width, dtype="f4"), indexing="ij")
    k = c0 * x + c1 * y + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        source_x = _inside((a0 * x + a1 * y + a2) / k, width, fill_mode)
        source_y = _inside((b0 * x + b1 * y + b2) / k, height, fill_mode)
    # On the horizon nothing is read, whatever the fill mode.
    positions = np.where(k == 0, np.float32(-1), np.stack([source_y, source_x]))
    return _nearest(positions) if interpolation == "nearest" else positions


@composite("images", "transform")
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
    if is_keras_tensor(images) or is_keras_tensor(transform):
        return KerasTensor(images.shape, images.dtype)
    data_format = standardize_data_format(data_format)
    batch = as_batch(images, data_format)
    transform = transform if len(transform.shape) == 2 else transform[None]
    rows, columns = affine_positions(transform, *batch.shape[1:3], interpolation, fill_mode)
    moved = sample(batch, [rows, columns], interpolation == "bilinear", "constant", fill_value)
    return ops.cast(as_given(moved, images, data_format), images.dtype)


def homography(start_points: Any, end_points: Any) -> Any:
    """The `transform` of `affine_transform` that moves four points of each image.

    With k = c0 u + c1 v + 1, each end (u, v) of a start (x, y) gives two linear equations for the
    eight numbers: a0 u + a1 v + a2 = x k and b0 u + b1 v + b2 = y k.
    Source: Hartley and Zisserman, "Multiple view geometry in computer vision" (2003), 4.1.
    """
    x, y = start_points[..., 0], start_points[..., 1]
    u, v = end_points[..., 0], end_points[..., 1]
    one, zero = ops.ones_like(x), ops.zeros_like(x)
    first = ops.stack([u, v, one, zero, zero, zero, -x * u, -x * v], axis=-1)
    second = ops.stack([zero, zero, zero, u, v, one, -y * u, -y * v], axis=-1)
    return ops.solve(
        ops.concatenate([first, second], axis=1), ops.concatenate([x, y], axis=1)[..., None]
    )[..., 0]


def _check_points(images: Any, start_points: Any, end_points: Any, data_format: Any) -> None:
    image_axes(images, data_format)
    for name, points in (("start_points", start_points), ("end_points", end_points)):
        if len(points.shape) not in (2, 3) or tuple(points.shape[-2:]) != (4, 2):
            raise ValueError(
                f"Invalid {name} shape: expected (4,2) for a single image or (N,4,2) for a batch. "
                f"Received shape: {tuple(points.shape)}"
            )
    if tuple(start_points.shape) != tuple(end_points.shape):
        raise ValueError(
            "start_points and end_points must have the same shape. Received "
            f"start_points.shape={tuple(start_points.shape)}, "
            f"end_points.shape={tuple(end_points.shape)}"
        )


@composite("images", "start_points", "end_points")
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Moves four points of images to other places, and all pixels with them; lines stay straight.

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.
        start_points: `(x, y)` of four points, `(4, 2)` or `(batch, 4, 2)`.
        end_points: where they are in the result. No gradient flows to points.
        interpolation: "nearest" or "bilinear".
        fill_value: the value outside the image.

    Returns:
        The images' shape and type.

    Example: all moved by one pixel to the right.
        >>> import minicnn as keras
        >>> x = keras.ops.reshape(keras.ops.arange(4.0), (2, 2, 1))
        >>> corners = keras.ops.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> right = corners + keras.ops.array([1.0, 0.0])
        >>> keras.ops.squeeze(keras.ops.image.perspective_transform(x, corners, right), -1)
        Tensor([[0., 0.],
                [0., 2.]], dtype=float32)
    """
    _check_points(images, start_points, end_points, data_format)
    if any(is_keras_tensor(x) for x in (images, start_points, end_points)):
        return KerasTensor(images.shape, images.dtype)
    dtype = dtypes.result_type(str(start_points.dtype), str(end_points.dtype), "float32")
    start, end = (ops.cast(p, dtype) for p in (start_points, end_points))
    if len(start.shape) == 2:
        start, end = start[None], end[None]
    transform = homography(start, end)
    return affine_transform(images, transform, interpolation, "constant", fill_value, data_format)


@composite("inputs", "coordinates")
def map_coordinates(
    inputs: Any,
    coordinates: Any,
    order: int,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Any:
    """The values of an array of any rank at coordinates between its elements.

    Args:
        inputs: the array, of rank r.
        coordinates: `(r, *places)`; gradients flow to them, too.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what is outside, for a row a b c d: "constant" k k|a b c d|k k (`fill_value`),
            "nearest" a a|a b c d|d d, "wrap" c d|a b c d|a b, "mirror" c b|a b c d|c b,
            "reflect" b a|a b c d|d c.

    Returns:
        `places`, in the type of the inputs (whole numbers rounded).

    Example:
        >>> import minicnn as keras
        >>> row = keras.ops.array([0.0, 10.0, 20.0])
        >>> keras.ops.image.map_coordinates(row, [[0.5, 1.2, 7.0]], order=1, fill_mode="nearest")
        Tensor([ 5., 12., 20.], dtype=float32)
    """
    if coordinates.shape[0] != len(inputs.shape):
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. Received inputs "
            f"with shape: {tuple(inputs.shape)} and coordinate leading dim of "
            f"{coordinates.shape[0]}"
        )
    if len(coordinates.shape) < 2:
        raise ValueError(
            "Invalid coordinates rank: expected at least rank 2. Received input with shape: "
            f"{tuple(coordinates.shape)}"
        )
    if fill_mode not in MODES:
        raise ValueError(unknown_name("fill_mode", fill_mode, MODES))
    if order not in (0, 1):
        raise NotImplementedError(
            "`map_coordinates` interpolates with order=0 (nearest) or order=1 (linear). Received: "
            f"order={order}"
        )
    if is_keras_tensor(inputs) or is_keras_tensor(coordinates):
        return KerasTensor(coordinates.shape[1:], inputs.dtype)
    dtype = dtypes.result_type(str(coordinates.dtype), float)
    positions = ops.unstack(ops.cast(coordinates, dtype)[:, None], len(inputs.shape))
    found = sample(inputs[None, ..., None], positions, order == 1, fill_mode, fill_value)[0, ..., 0]
    return ops.cast(ops.round(found) if dtypes.is_int_dtype(inputs.dtype) else found, inputs.dtype)
