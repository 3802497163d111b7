"""Resizing images: each new pixel is a weighted mean of the old pixels around it.

Along one axis of n pixels that become m, new pixel i lies at c = (i + 1/2) · n/m, measured from
the edge, and old pixel j at j + 1/2. It counts with weight k(j + 1/2 - c), divided by the sum of
the weights. `antialias` widens the kernel k by n/m where images shrink, so that every old
pixel counts. The weights of an axis are a matrix W, and the images become W · images · Wᵀ.
Source: Keys, "Cubic convolution interpolation for digital image processing" (1981), eq. 4, 15;
Duchon, "Lanczos filtering in one and two dimensions" (1979).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.common.suggest import unknown_name
from minicnn.ops.define.declare import composite, op
from minicnn.ops.image.borders import crop_images, pad_images
from minicnn.ops.image.layout import image_axes, with_lengths
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor


def _triangle(t: np.ndarray) -> np.ndarray:
    return np.maximum(1 - abs(t), 0)


def _cubic(t: np.ndarray) -> np.ndarray:
    """Keys's kernel with a = -1/2."""
    t = abs(t)
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


def _lanczos(radius: int, t: np.ndarray) -> np.ndarray:
    return np.where(abs(t) < radius, np.sinc(t) * np.sinc(t / radius), 0)


KERNELS = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": functools.partial(_lanczos, 3),
    "lanczos5": functools.partial(_lanczos, 5),
}
INTERPOLATIONS = ("nearest", *KERNELS)
_MOST_TAPS = 12


@functools.lru_cache(maxsize=64)
def _weights(old: int, new: int, interpolation: str, antialias: bool) -> np.ndarray:
    """W, of shape (new, old): each row sums to 1."""
    ratio = old / new
    centres = (np.arange(new) + 0.5) * ratio
    if interpolation == "nearest":
        chosen = np.minimum(np.floor(centres).astype(int), old - 1)
        return np.eye(old)[chosen]
    width = max(ratio, 1) if antialias else 1
    distances = (np.arange(old) + 0.5 - centres[:, None]) / width
    weights = KERNELS[interpolation](distances)
    return weights / weights.sum(1, keepdims=True)


@functools.lru_cache(maxsize=64)
def _taps(
    old: int, new: int, interpolation: str, antialias: bool
) -> tuple[np.ndarray, np.ndarray] | None:
    """The old pixels that count for each new one, and their weights, both of shape (taps, new).

    None if they are so many that the product with W is faster.
    """
    weights = _weights(old, new, interpolation, antialias)
    counts = weights != 0
    first, after = counts.argmax(1), old - counts[:, ::-1].argmax(1)
    count = int((after - first).max())
    if count > _MOST_TAPS:
        return None
    first = np.minimum(first, old - count)
    pixels = first + np.arange(count)[:, None]
    return pixels, weights[np.arange(new), pixels]


def _resample_spec(x, axis, length, interpolation, antialias, transposed=False):
    return KerasTensor(with_lengths(x.shape, {axis: length}), x.dtype)


def _resample_vjp(g, y, x, axis, length, interpolation, antialias, transposed):
    return resample(g, axis, x.shape[axis], interpolation, antialias, not transposed)


@op("x", spec=_resample_spec, vjp=_resample_vjp, wide=True)
def resample(
    x: Any, axis: int, length: int, interpolation: str, antialias: bool, transposed: bool = False
) -> Any:
    """W · x along one axis, which then has the given length; or Wᵀ · x, its adjoint."""
    sizes = (length, x.shape[axis]) if transposed else (x.shape[axis], length)
    weights = _weights(*sizes, interpolation, antialias)
    if interpolation == "nearest" and not transposed:
        return np.take(x, weights.argmax(1), axis=axis)
    taps = None if transposed else _taps(*sizes, interpolation, antialias)
    if taps is not None:
        along = (-1, *(1 for _ in range(x.ndim - 1 - axis % x.ndim)))
        columns = (w.astype(x.dtype).reshape(along) for w in taps[1])
        return sum(np.take(x, p, axis=axis) * w for p, w in zip(taps[0], columns, strict=True))
    weights = weights.T if transposed else weights
    return np.moveaxis(np.moveaxis(x, axis, -1) @ weights.T.astype(x.dtype), -1, axis)


@composite("images")
def resize(
    images: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Resizes images.

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.
        size: the new height and width.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: whether shrinking takes the mean over all pixels.
        crop_to_aspect_ratio: cut borders off first, so that nothing is distorted.
        pad_to_aspect_ratio: add borders of `fill_value` first, so that nothing is distorted.

    Returns:
        The images with height and width `size`, in their type (whole numbers rounded).

    Example:
        >>> import minicnn as keras
        >>> keras.ops.image.resize(keras.ops.ones((2, 28, 28, 1)), (7, 14)).shape
        (2, 7, 14, 1)
    """
    _check(size, interpolation, fill_mode, crop_to_aspect_ratio and pad_to_aspect_ratio)
    axes, dtype = image_axes(images, data_format), images.dtype
    if crop_to_aspect_ratio:
        images = _cropped(images, size, axes, data_format)
    if pad_to_aspect_ratio:
        images = _padded(images, size, axes, data_format, fill_value)
    if interpolation != "nearest":
        images = ops.cast(images, dtypes.result_type(str(dtype), float))
    for axis, length in zip((axes.height, axes.width), size, strict=True):
        if images.shape[axis] != length:
            images = resample(images, axis, int(length), interpolation, antialias)
    if dtypes.is_int_dtype(dtype):
        images = ops.round(images)
    return ops.saturate_cast(images, dtype)


def _check(size: Any, interpolation: str, fill_mode: str, both: bool) -> None:
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers. Received: size={size}")
    if min(size) <= 0:
        raise ValueError(f"`size` must have positive height and width. Received: size={size}")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    if fill_mode != "constant":
        raise ValueError(
            "Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: "
            f"fill_mode={fill_mode}"
        )
    if both:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )


def _same_ratio(height: int, width: int, size: tuple[int, int]) -> tuple[int, int]:
    """The height for this width, and the width for this height, in the ratio of the new size."""
    return int(width * size[0] / size[1]), int(height * size[1] / size[0])


def _cropped(images: Any, size: tuple[int, int], axes: Any, data_format: str | None) -> Any:
    height, width = images.shape[axes.height], images.shape[axes.width]
    if height is None or width is None:
        return images
    ratio = _same_ratio(height, width, size)
    height_left = max(min(height, ratio[0]), 1)
    width_left = max(min(width, ratio[1]), 1)
    return crop_images(
        images,
        top_cropping=int((height - height_left) / 2),
        left_cropping=int((width - width_left) / 2),
        target_height=height_left,
        target_width=width_left,
        data_format=data_format,
    )


def _padded(
    images: Any, size: tuple[int, int], axes: Any, data_format: str | None, fill_value: float
) -> Any:
    height, width = images.shape[axes.height], images.shape[axes.width]
    if height is None or width is None:
        return images
    ratio = _same_ratio(height, width, size)
    top, left = (int((max(n, w) - n) / 2) for n, w in zip((height, width), ratio, strict=True))
    around = {
        "top_padding": top,
        "bottom_padding": top,
        "left_padding": left,
        "right_padding": left,
        "data_format": data_format,
    }
    if not fill_value:
        return pad_images(images, **around)
    inside = pad_images(ops.ones_like(images), **around)
    return ops.where(inside > 0, pad_images(images, **around), ops.cast(fill_value, images.dtype))


_METHODS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _placed_weights(
    old: int, new: int, scale: Any, shift: Any, method: str, antialias: bool
) -> Any:
    """W, of shape (new, old), for new pixels at `scale · old + shift`; zeros outside."""
    centres = (np.arange(new) + 0.5 - shift) / scale - 0.5
    width = ops.maximum(1 / scale, 1) if antialias else 1
    distances = (np.arange(old) - centres[:, None]) / width
    weights = KERNELS[_METHODS[method]](distances)
    total = ops.sum(weights, axis=1, keepdims=True)
    weights = ops.where(ops.abs(total) > 1000 * np.finfo("f4").eps, weights / total, 0)
    inside = ops.logical_and(centres >= -0.5, centres <= old - 0.5)
    return ops.where(inside[:, None], weights, 0)


@composite("images", "scale", "translation", wide=True)
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """Moves what is at position p of an axis to `scale · p + translation`, measured from the edge.

    Args:
        images: an array of any rank.
        output_shape: the shape of the result; only its lengths along `spatial_dims` are used.
        scale, translation: one number for each of `spatial_dims`; gradients flow to them, too.
        spatial_dims: the axes.
        method: "linear", "cubic", "lanczos3" or "lanczos5".
        antialias: whether shrinking takes the mean over all pixels.

    Returns:
        The images' type (whole numbers rounded). What comes from outside is 0.

    Example:
        >>> import minicnn as keras
        >>> row = keras.ops.array([0.0, 4.0, 8.0])
        >>> keras.ops.image.scale_and_translate(row, (5,), [1.0], [0.5], (0,), "linear")
        Tensor([0., 2., 6., 8., 0.], dtype=float32)
    """
    if method not in _METHODS:
        raise ValueError(unknown_name("method", method, tuple(_METHODS)))
    if any(is_keras_tensor(x) for x in (images, scale, translation)):
        shape = list(images.shape)
        for axis in spatial_dims:
            shape[axis] = output_shape[axis]
        return KerasTensor(tuple(shape), images.dtype)
    dtype = dtypes.result_type(str(images.dtype), float)
    result = ops.cast(images, dtype)
    scale, translation = ops.cast(scale, dtype), ops.cast(translation, dtype)
    for i, axis in enumerate(spatial_dims):
        lengths = (result.shape[axis], output_shape[axis])
        weights = _placed_weights(*lengths, scale[i], translation[i], method, antialias)
        result = ops.moveaxis(ops.tensordot(result, weights, axes=((axis,), (1,))), -1, axis)
    if dtypes.is_int_dtype(images.dtype):
        result = ops.clip(ops.round(result), ops.min(images), ops.max(images))
    return ops.cast(result, images.dtype)
