"""Filters of images: blur, edges, and the similarity of two images."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.autodiff.seed_generator import draw_key
from minicnn.autodiff.tracing import traced
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.common.configuration import standardize_data_format
from minicnn.common.suggest import unknown_name
from minicnn.ops.define.declare import composite
from minicnn.ops.image.layout import image_axes
from minicnn.ops.image.sampling import MODES, as_batch, as_given, sample
from minicnn.ops.image.warping import INTERPOLATIONS
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor

# Source: Sobel and Feldman (1968); the derivative along one axis, smoothed along the other.
_SOBEL = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])


def gaussian(size: int, sigma: Any, dtype: str) -> Any:
    """exp(−t² / 2σ²) at `size` positions t around 0, divided by their sum."""
    t = ops.cast(np.arange(size) - (size - 1) / 2, dtype) / sigma
    values = ops.exp(-0.5 * t * t)
    return values / ops.sum(values)


def _filtered(batch: Any, kernel: Any, padding: str) -> Any:
    """Each channel of `(batch, height, width, channels)`, convolved with (height, width, n)."""
    channels = batch.shape[-1]
    kernel = ops.repeat(ops.cast(kernel, batch.dtype)[:, :, None], channels, axis=2)
    return ops.depthwise_conv(batch, kernel, padding=padding, data_format="channels_last")


def _blurred(batch: Any, sizes: tuple[int, int], sigmas: Any, padding: str = "same") -> Any:
    """Blurred along the width, then along the height."""
    wide, tall = (gaussian(int(n), s, batch.dtype) for n, s in zip(sizes, sigmas, strict=True))
    batch = _filtered(batch, wide[None, :, None], padding)
    return _filtered(batch, tall[:, None, None], padding)


def _in_float(images: Any, data_format: str) -> Any:
    return as_batch(ops.cast(images, dtypes.result_type(str(images.dtype), float)), data_format)


def _in_type(batch: Any, images: Any, data_format: str) -> Any:
    """The batch in the layout and type of the images; whole numbers rounded."""
    batch = as_given(batch, images, data_format)
    batch = ops.round(batch) if dtypes.is_int_dtype(images.dtype) else batch
    return ops.cast(batch, images.dtype)


@composite("images", wide=True)
def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Any:
    """Each pixel becomes a weighted mean of its neighbours, with weights exp(−t² / 2σ²).

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first; outside are
            zeros.
        kernel_size: how many pixels count along the width and along the height.
        sigma: the standard deviations along the width and along the height.

    Returns:
        The images' shape and type.

    Example:
        >>> import minicnn as keras
        >>> point = keras.ops.reshape(keras.ops.array([0.0, 0.0, 1.0, 0.0, 0.0]), (1, 5, 1))
        >>> keras.ops.squeeze(keras.ops.image.gaussian_blur(point, (3, 1)), -1)
        Tensor([[0.        , 0.27406862, 0.45186275, 0.27406862, 0.        ]], dtype=float32)
    """
    image_axes(images, data_format)
    if is_keras_tensor(images):
        return KerasTensor(images.shape, images.dtype)
    data_format = standardize_data_format(data_format)
    batch = _in_float(images, data_format)
    sigmas = ops.unstack(ops.cast(sigma, batch.dtype), 2)
    return _in_type(_blurred(batch, tuple(kernel_size), sigmas), images, data_format)


@composite("images", wide=True)
def elastic_transform(
    images: Any,
    alpha: Any = 20.0,
    sigma: Any = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Any:
    """Moves each pixel by a smooth random field: α times Gaussian noise N(0, σ²), blurred with σ.

    Source: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied
    to visual document analysis" (2003).

    Args:
        images: `(batch, height, width, channels)` or one image, or channels first.
        alpha: how far pixels move.
        sigma: how smooth the field is, in pixels.
        interpolation: "nearest" or "bilinear".
        fill_mode, fill_value: outside, as in `map_coordinates`.
        seed: an integer, a `SeedGenerator`, or None.

    Returns:
        The images' shape and type.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.image.elastic_transform(keras.ops.ones((2, 9, 7, 3)), seed=1).shape
        (2, 9, 7, 3)
    """
    image_axes(images, data_format)
    for name, value, known in (
        ("interpolation", interpolation, INTERPOLATIONS),
        ("fill_mode", fill_mode, MODES),
    ):
        if value not in known:
            raise ValueError(unknown_name(name, value, known))
    if is_keras_tensor(images):
        return KerasTensor(images.shape, images.dtype)
    data_format = standardize_data_format(data_format)
    batch = _in_float(images, data_format)
    size = 6 * int(sigma) | 1
    key, shape = draw_key(seed), (2, *batch.shape[:3], 1)
    noise = Tensor(traced(kernels.normal, key, shape, dtypes.numpy_dtype(batch.dtype)))
    positions = []
    for i, field in enumerate(noise * ops.cast(sigma, batch.dtype)):
        field = _blurred(field, (size, size), (sigma, sigma))[..., 0]
        grid = np.arange(batch.shape[1 + i]).reshape((1, -1) if i else (-1, 1))
        positions.append(ops.cast(grid, batch.dtype) + alpha * field)
    moved = sample(batch, positions, interpolation == "bilinear", fill_mode, fill_value)
    return _in_type(moved, images, data_format)


@composite("images", wide=True)
def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """How fast each channel rises downwards and to the right, by Sobel's 3×3 filters.

    The filter for downwards is [−1 −2 −1; 0 0 0; 1 2 1]; at the border images are mirrored.

    Args:
        images: `(batch, height, width, channels)`, or channels first.

    Returns:
        The images' shape with one more axis, of length 2: downwards, to the right.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.reshape(keras.ops.array([1.0, 2.0, 4.0, 8.0]), (1, 1, 4, 1))
        >>> rows = keras.ops.repeat(x, 3, axis=1)
        >>> keras.ops.image.sobel_edges(rows)[0, 1, :, 0, 1]
        Tensor([ 0., 12., 24.,  0.], dtype=float32)
    """
    if len(images.shape) != 4:
        raise ValueError(
            "Invalid images rank: expected rank 4 (batch of images). Received: "
            f"images.shape={tuple(images.shape)}"
        )
    if is_keras_tensor(images):
        return KerasTensor((*images.shape, 2), images.dtype)
    data_format = standardize_data_format(data_format)
    batch = _in_float(images, data_format)
    around = ops.pad(batch, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    edges = _filtered(around, np.stack([_SOBEL, _SOBEL.T], axis=-1), "valid")
    edges = ops.reshape(edges, (*batch.shape, 2))
    edges = edges if data_format == "channels_last" else ops.moveaxis(edges, 3, 1)
    return ops.cast(edges, images.dtype)


@composite("image1", "image2", class_name="SSIM", wide=True)
def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """The structural similarity of two images, from −1 to 1; 1 for equal images.

    With the means μ, variances σ² and covariance σ₁₂ of Gaussian windows, the mean over windows and
    channels of (2 μ₁μ₂ + c₁)(2 σ₁₂ + c₂) / ((μ₁² + μ₂² + c₁)(σ₁² + σ₂² + c₂)), where cᵢ is
    (kᵢ · max_val)².
    Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
    structural similarity" (2004).

    Args:
        image1, image2: `(batch, height, width, channels)` or one image, or channels first.
        max_val: the largest possible value of a pixel.
        filter_size, filter_sigma: size and standard deviation of the windows.

    Returns:
        One number for each pair of images.

    Example:
        >>> import minicnn as keras
        >>> x = keras.random.uniform((12, 12, 3), seed=1)
        >>> keras.ops.image.ssim(x, x)
        Tensor(1., dtype=float32)
    """
    for name, images in (("image1", image1), ("image2", image2)):
        if len(images.shape) not in (3, 4):
            raise ValueError(
                f"Invalid {name} rank: expected rank 3 (single image) or rank 4 (batch of images). "
                f"Received input with shape: {name}.shape={tuple(images.shape)}"
            )
    if is_keras_tensor(image1) or is_keras_tensor(image2):
        return KerasTensor(image1.shape[:-3], image1.dtype)
    axes = image_axes(image1, data_format)
    if min(image1.shape[axes.height], image1.shape[axes.width]) < filter_size:
        raise ValueError(
            f"The images of `ssim` must be at least as large as its windows, filter_size="
            f"{filter_size}. Received: image1.shape={tuple(image1.shape)}"
        )
    data_format = standardize_data_format(data_format)
    x, y = _in_float(image1, data_format), _in_float(image2, data_format)

    def mean(values: Any) -> Any:
        return _blurred(values, (filter_size,) * 2, (filter_sigma,) * 2, "valid")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = mean(x), mean(y)
    squares = mean_x * mean_x + mean_y * mean_y
    variances = mean(x * x + y * y) - squares
    covariance = mean(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness = ops.mean(likeness / ((squares + c1) * (variances + c2)), axis=(1, 2, 3))
    return ops.cast(likeness if len(image1.shape) == 4 else likeness[0], image1.dtype)
