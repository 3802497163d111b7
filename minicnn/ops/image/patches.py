"""`extract_patches`: patches of images, with the pixels of a patch as channels."""

from __future__ import annotations

import math
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.configuration import standardize_data_format
from minicnn.common.sliding_windows import pad_pairs
from minicnn.common.window_arguments import per_axis, standardize_padding
from minicnn.ops.define.declare import composite, op
from minicnn.ops.nn import output_shapes
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def _patches_spec(images, size, **window):
    filters = None if images.shape[-1] is None else math.prod(size) * images.shape[-1]
    shape = output_shapes.compute_conv_output_shape(
        images.shape, filters, size, data_format="channels_last", **window
    )
    return KerasTensor(shape, images.dtype)


def _window(lengths, size, strides, padding, dilation_rate):
    """The window's settings as the backend functions take them."""
    strides, dilation = (per_axis(x, len(size), "strides") for x in (strides, dilation_rate))
    padding = standardize_padding(padding, allow_causal=True, allow_pairs=True)
    pairs = pad_pairs(padding, lengths, size, strides, dilation)
    return size, strides, pairs, dilation


@op(
    "images",
    promote="float",
    spec=_patches_spec,
    vjp=lambda g, y, x, **window: _put_patches(g, shape=x.shape, **window),
)
def _take_patches(images, size, strides, padding, dilation_rate):
    """The elements of each patch of images `(batch, *spatial, channels)` as one row."""
    _patches_spec(images, size, strides=strides, padding=padding, dilation_rate=dilation_rate)
    window = _window(images.shape[1:-1], size, strides, padding, dilation_rate)
    columns = kernels.im2col(images, *window)
    return columns.reshape(*columns.shape[: images.ndim - 1], -1)


@op(
    "cotangent",
    spec=lambda cotangent, shape, **_: KerasTensor(shape, cotangent.dtype),
    vjp=lambda g, y, cotangent, shape, **window: _take_patches(g, **window),
    wide=True,
)
def _put_patches(cotangent, shape, size, strides, padding, dilation_rate):
    """The adjoint of `_take_patches`: adds each patch to the pixels that it was taken from."""
    window = _window(shape[1:-1], size, strides, padding, dilation_rate)
    columns = cotangent.reshape(*cotangent.shape[:-1], *size, shape[-1])
    return kernels.col2im(columns, shape, *window)


@composite("images")
def extract_patches(
    images: Any,
    size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Each patch as one position, with the elements of the patch as its channels.

    Args:
        images: `(batch, height, width, channels)`, one image, or channels first; volumes with a
            size of three.
        size: of a patch.
        strides: distance between patches; `size` by default.

    Returns:
        `(batch, rows, columns, patch height · patch width · channels)`, in the images' layout.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.image.extract_patches(keras.ops.ones((2, 20, 20, 3)), (5, 5)).shape
        (2, 4, 4, 75)
    """
    size = (size, size) if isinstance(size, int) else tuple(size)
    strides = size if strides is None else strides
    batch = images if len(images.shape) == len(size) + 2 else ops.expand_dims(images, 0)
    first = standardize_data_format(data_format) == "channels_first"
    batch = ops.moveaxis(batch, 1, -1) if first else batch
    patches = _take_patches(batch, size, strides, padding, dilation_rate)
    patches = ops.moveaxis(patches, -1, 1) if first else patches
    return patches if len(images.shape) == len(size) + 2 else ops.squeeze(patches, 0)


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
