"""`tf.image`: images of whole numbers from 0 to their type's largest, of floats from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.common import dtypes


class ResizeMethod:
    """The names of the ways to resize."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC = "bilinear", "nearest", "bicubic"
    LANCZOS3, LANCZOS5 = "lanczos3", "lanczos5"


def _sizes(image: Any) -> tuple[int, int]:
    """Height and width."""
    return tuple(image.shape)[-3:-1]


@named("image.resize")
def resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
) -> Any:
    """The images in another size, as float32; those of the nearest pixels keep their type."""
    images, size = ops.convert_to_tensor(images), tuple(static(size))
    if preserve_aspect_ratio:
        size = _fitting(_sizes(images), size)
    if method == "nearest":
        return _nearest(images, size)
    return ops.image.resize(
        ops.cast(images, "float32"), size, method, antialias, data_format="channels_last"
    )


def _nearest(images: Any, size: tuple[int, int]) -> Any:
    for axis, length in zip((-3, -2), size, strict=True):
        scale = np.float32(images.shape[axis] / length)
        places = np.floor((np.arange(length, dtype="float32") + np.float32(0.5)) * scale)
        places = np.minimum(places.astype("int32"), images.shape[axis] - 1)
        images = ops.take(images, places, axis=axis)
    return images


def _fitting(sizes: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest size with the ratio of the image that fits into `size`."""
    scale = min(new / old for new, old in zip(size, sizes, strict=True))
    return tuple(round(old * scale) for old in sizes)


@named("image.resize_with_pad")
def resize_with_pad(
    image: Any,
    target_height: int,
    target_width: int,
    method: str = "bilinear",
    antialias: bool = False,
) -> Any:
    """The image in the largest size that fits, with zeros around it."""
    image, size = ops.convert_to_tensor(image), (static(target_height), static(target_width))
    ratio = max(old / new for old, new in zip(_sizes(image), size, strict=True))
    exact = [old / ratio for old in _sizes(image)]
    rows, columns = (int((new - old) // 2) for new, old in zip(size, exact, strict=True))
    resized = resize(image, [int(n) for n in exact], method, antialias=antialias)
    return pad_to_bounding_box(resized, max(rows, 0), max(columns, 0), *size)


@named("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """A part of the image."""
    top, left = static(offset_height), static(offset_width)
    rows = slice(top, top + static(target_height))
    return ops.convert_to_tensor(image)[
        ..., rows, slice(left, left + static(target_width)), slice(None)
    ]


@named("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """The image in a larger one of zeros."""
    image = ops.convert_to_tensor(image)
    height, width = _sizes(image)
    top, left = static(offset_height), static(offset_width)
    sides = (top, static(target_height) - top - height), (left, static(target_width) - left - width)
    return ops.pad(image, (*((0, 0),) * (image.ndim - 3), *sides, (0, 0)))


@named("image.resize_with_crop_or_pad")
def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """The middle of the image, or the image in the middle of zeros."""
    image, size = ops.convert_to_tensor(image), (static(target_height), static(target_width))
    old = _sizes(image)
    cut = [max(n - m, 0) // 2 for n, m in zip(old, size, strict=True)]
    kept = [min(n, m) for n, m in zip(old, size, strict=True)]
    image = crop_to_bounding_box(image, *cut, *kept)
    around = [max(m - n, 0) // 2 for n, m in zip(old, size, strict=True)]
    return pad_to_bounding_box(image, *around, *size)


@named("image.central_crop")
def central_crop(image: Any, central_fraction: float) -> Any:
    """The middle of the image: this share of height and width."""
    image = ops.convert_to_tensor(image)
    starts = [int((n - n * central_fraction) / 2) for n in _sizes(image)]
    kept = [n - 2 * start for n, start in zip(_sizes(image), starts, strict=True)]
    return crop_to_bounding_box(image, *starts, *kept)


@named("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """The image mirrored."""
    return ops.flip(image, axis=-2)


@named("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    return ops.flip(image, axis=-3)


@named("image.transpose")
def transpose(image: Any) -> Any:
    """Rows and columns changed for each other."""
    return ops.swapaxes(image, -3, -2)


@named("image.rot90")
def rot90(image: Any, k: Any = 1) -> Any:
    """The image turned k times by 90° against the clock."""
    return ops.rot90(image, static(k), axes=(-3, -2))


@named("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any) -> Any:
    """The only channel three times."""
    return ops.repeat(images, 3, axis=-1)


@named("image.convert_image_dtype")
def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False) -> Any:
    """The image in another type, scaled to its range."""
    image, dtype = ops.convert_to_tensor(image), dtypes.standardize_dtype(dtype)
    given = ops.dtype(image)
    if given == dtype:
        return image
    if dtypes.is_int_dtype(given):
        return _from_integers(image, given, dtype, saturate)
    if not dtypes.is_int_dtype(dtype):
        return ops.cast(image, dtype)
    scaled = image * (np.iinfo(dtype).max + 0.5)
    return ops.saturate_cast(scaled, dtype) if saturate else ops.cast(scaled, dtype)


def _from_integers(image: Any, given: str, dtype: str, saturate: bool) -> Any:
    largest = np.iinfo(given).max
    if not dtypes.is_int_dtype(dtype):
        return ops.cast(image, dtype) * (1.0 / largest)
    new = np.iinfo(dtype).max
    if largest > new:
        image = ops.floor_divide(image, (largest + 1) // (new + 1))
        return ops.saturate_cast(image, dtype) if saturate else ops.cast(image, dtype)
    return ops.cast(image, dtype) * ((new + 1) // (largest + 1))


def _as_floats(function: Any) -> Any:
    """The function on float images; what came as whole numbers is changed back, saturated."""

    def changed(image: Any, *settings: Any) -> Any:
        image = ops.convert_to_tensor(image)
        kind = ops.dtype(image)
        if kind in ("float16", "float32"):
            return function(image, *settings)
        floats = convert_image_dtype(image, "float32")
        return convert_image_dtype(function(floats, *settings), kind, saturate=True)

    return changed


@named("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Any:
    """A number added to all pixels."""
    return _as_floats(lambda x: x + delta)(image)


@named("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Pixels moved away from the mean of their channel."""

    def adjust(x: Any) -> Any:
        mean = ops.mean(x, axis=(-3, -2), keepdims=True)
        return (x - mean) * contrast_factor + mean

    return _as_floats(adjust)(images)


@named("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any) -> Any:
    """The brightness of the colours, as one channel."""
    return _as_floats(lambda x: ops.image.rgb_to_grayscale(x, "channels_last"))(images)


@named("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """`gain · xᵞ`."""
    return _as_floats(lambda x: gain * x**gamma)(image)


def _in_hsv(image: Any, change: Any) -> Any:
    def changed(x: Any) -> Any:
        hue, saturation, value = ops.split(ops.image.rgb_to_hsv(x, "channels_last"), 3, -1)
        parts = ops.concatenate([*change(hue, saturation), value], -1)
        return ops.image.hsv_to_rgb(parts, "channels_last")

    return _as_floats(changed)(image)


@named("image.adjust_hue")
def adjust_hue(image: Any, delta: Any) -> Any:
    """Colours turned around the circle of hues; 1 is a whole turn."""
    return _in_hsv(image, lambda hue, saturation: (ops.mod(hue + delta, 1.0), saturation))


@named("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any) -> Any:
    """Colours made stronger or weaker."""
    return _in_hsv(
        image,
        lambda hue, saturation: (hue, ops.clip(saturation * saturation_factor, 0.0, 1.0)),
    )


@named("image.per_image_standardization")
def per_image_standardization(image: Any) -> Any:
    """Each image with mean 0 and variance 1."""
    image = ops.convert_to_tensor(image)
    image = image if dtypes.is_float_dtype(ops.dtype(image)) else ops.cast(image, "float32")
    count = float(np.prod(image.shape[-3:]))
    mean = ops.mean(image, axis=(-3, -2, -1), keepdims=True)
    deviation = ops.std(image, axis=(-3, -2, -1), keepdims=True)
    return (image - mean) / ops.maximum(deviation, count**-0.5)


@named("image.psnr")
def psnr(a: Any, b: Any, max_val: Any) -> Any:
    """`20 log₁₀ max_val - 10 log₁₀ mean (a - b)²`, for each image."""
    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    highest = convert_image_dtype(ops.cast(max_val, ops.dtype(a)), "float32")
    difference = convert_image_dtype(a, "float32") - convert_image_dtype(b, "float32")
    error = ops.mean(ops.square(difference), axis=(-3, -2, -1))
    return 20 * ops.log10(highest) - 10 * ops.log10(error)


@named("image.total_variation")
def total_variation(images: Any) -> Any:
    """The sum of the absolute differences of neighbouring pixels."""
    x = ops.convert_to_tensor(images)
    down, right = x[..., 1:, :, :] - x[..., :-1, :, :], x[..., 1:, :] - x[..., :-1, :]
    return sum(ops.sum(ops.abs(each), axis=(-3, -2, -1)) for each in (down, right))


@named("image.image_gradients")
def image_gradients(image: Any) -> Any:
    """The differences to the next row and to the next column, 0 at the end."""
    x = ops.convert_to_tensor(image)
    down, right = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    return (
        ops.pad(down, ((0, 0), (0, 1), (0, 0), (0, 0))),
        ops.pad(right, ((0, 0), (0, 0), (0, 1), (0, 0))),
    )


@named("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: float,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """How similar two images are in structure; 1 if they are equal."""
    return ops.image.ssim(img1, img2, max_val, filter_size, filter_sigma, k1, k2)


@named("image.sobel_edges")
def sobel_edges(image: Any) -> Any:
    """Sobel's differences down and to the right, on the last axis."""
    return ops.image.sobel_edges(image, data_format="channels_last")


@named("image.extract_patches")
def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    """Windows of the images, each as one row of channels."""
    size, stride, rate = (tuple(static(each))[1:3] for each in (sizes, strides, rates))
    return ops.image.extract_patches(
        images, size, stride, rate[0], padding.lower(), data_format="channels_last"
    )
