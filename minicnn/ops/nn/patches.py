"""Patches of images as columns (im2col) and back (col2im), and as channels and back."""

from __future__ import annotations

from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.sliding_windows import output_lengths
from minicnn.common.window_arguments import per_axis, standardize_data_format
from minicnn.ops.define.declare import composite, op
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Sizes = int | tuple[int, int]


def _window(kernel_size, dilation, padding, stride):
    """The window's settings as the backend functions take them."""
    pads = (padding, padding) if isinstance(padding, int) else tuple(padding)
    return (
        per_axis(kernel_size, 2, "kernel_size"),
        per_axis(stride, 2, "stride"),
        tuple((p, p) for p in pads),
        per_axis(dilation, 2, "dilation"),
    )


def _require_ndim(x: Any, ndim: int, layout: str) -> None:
    if len(x.shape) != ndim:
        raise ValueError(
            f"Input must be a {ndim}D tensor {layout}. Received: input.shape={tuple(x.shape)}"
        )


def _unfold_spec(x, kernel_size, dilation=1, padding=0, stride=1):
    _require_ndim(x, 4, "(batch, channels, height, width)")
    size, strides, pairs, dilations = _window(kernel_size, dilation, padding, stride)
    height, width = output_lengths(x.shape[2:], size, strides, dilations, pairs)
    count = None if height is None or width is None else height * width
    channels = None if x.shape[1] is None else x.shape[1] * size[0] * size[1]
    return KerasTensor((x.shape[0], channels, count), x.dtype)


@op(
    "x",
    spec=_unfold_spec,
    vjp=lambda g, y, x, **window: fold(g, output_size=x.shape[2:], **window),
)
def unfold(
    x: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Any:
    """Every window of an image as one column (im2col).

    Args:
        x: `(batch, channels, height, width)`.
        padding: zeros on each side.

    Returns:
        `(batch, channels · kernel height · kernel width, windows)`.
    """
    _require_ndim(x, 4, "(batch, channels, height, width)")
    size, strides, pairs, dilations = _window(kernel_size, dilation, padding, stride)
    columns = kernels.im2col(kernels.moveaxis(x, 1, -1), size, strides, pairs, dilations)
    batch, height, width, *_, channels = columns.shape
    columns = columns.transpose(0, 5, 3, 4, 1, 2)
    return columns.reshape(batch, channels * size[0] * size[1], height * width)


def _fold_spec(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    _require_ndim(x, 3, "(batch, channels · kernel elements, windows)")
    return KerasTensor(
        (x.shape[0], _fold_channels(x, kernel_size), *per_axis(output_size, 2, "output_size")),
        x.dtype,
    )


def _fold_channels(x: Any, kernel_size: Sizes) -> int | None:
    height, width = per_axis(kernel_size, 2, "kernel_size")
    rows = x.shape[1]
    if rows is not None and rows % (height * width):
        raise ValueError(
            f"The second dimension of the input ({rows}) must be divisible by the number of "
            f"kernel elements ({height * width}). Received: input.shape={tuple(x.shape)}, "
            f"kernel_size={kernel_size}"
        )
    return None if rows is None else rows // (height * width)


@op(
    "x",
    spec=_fold_spec,
    vjp=lambda g, y, x, output_size, **window: unfold(g, **window),
    wide=True,
)
def fold(
    x: Any,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Any:
    """Adds each column to the pixels that `unfold` took it from (col2im): the adjoint of `unfold`.

    Args:
        x: `(batch, channels · kernel height · kernel width, windows)`.
        output_size: height and width of the image.

    Returns:
        `(batch, channels, height, width)`.
    """
    _require_ndim(x, 3, "(batch, channels · kernel elements, windows)")
    output = per_axis(output_size, 2, "output_size")
    size, strides, pairs, dilations = _window(kernel_size, dilation, padding, stride)
    channels = _fold_channels(x, kernel_size)
    height, width = output_lengths(output, size, strides, dilations, pairs)
    columns = x.reshape(x.shape[0], channels, *size, height, width).transpose(0, 4, 5, 2, 3, 1)
    shape = (x.shape[0], *output, channels)
    image = kernels.col2im(columns, shape, size, strides, pairs, dilations)
    return kernels.moveaxis(image, -1, 1)


def _check_block_size(block_size: int) -> None:
    if block_size < 2:
        raise ValueError(f"`block_size` must be at least 2. Received: block_size={block_size}")


@composite("x")
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Rearranges channels into blocks of r × r pixels (pixel shuffle).

    Args:
        x: `(batch, height, width, channels)`, or channels first.
        block_size: r, from 2 on.

    Returns:
        `(batch, height · r, width · r, channels / r²)`.
    """
    _check_block_size(block_size)
    _require_ndim(x, 4, "")
    if standardize_data_format(data_format) == "channels_first":
        return ops.moveaxis(depth_to_space(ops.moveaxis(x, 1, -1), block_size), -1, 1)
    batch, height, width, channels = ops.shape(x)
    r = block_size
    if not _divisible(channels, r * r):
        raise ValueError(
            f"The number of channels ({channels}) must be divisible by block_size**2 ({r * r})."
        )
    x = ops.reshape(x, (_free(batch), height, width, r, r, channels // (r * r)))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (_free(batch), height * r, width * r, channels // (r * r)))


@composite("x")
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Rearranges blocks of r × r pixels into channels: the inverse of `depth_to_space`.

    Args:
        x: `(batch, height, width, channels)`, or channels first.
        block_size: r, from 2 on.

    Returns:
        `(batch, height / r, width / r, channels · r²)`.
    """
    _check_block_size(block_size)
    _require_ndim(x, 4, "")
    if standardize_data_format(data_format) == "channels_first":
        return ops.moveaxis(space_to_depth(ops.moveaxis(x, 1, -1), block_size), -1, 1)
    batch, height, width, channels = ops.shape(x)
    r = block_size
    if not (_divisible(height, r) and _divisible(width, r)):
        raise ValueError(
            f"Height ({height}) and width ({width}) must be divisible by block_size ({r})."
        )
    x = ops.reshape(x, (_free(batch), height // r, r, width // r, r, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (_free(batch), height // r, width // r, channels * r * r))


def _divisible(length: Any, divisor: int) -> bool:
    """Whether the divisor divides the length, as it may if that is a symbolic number."""
    return isinstance(length, KerasTensor) or length % divisor == 0


def _free(length: int | None) -> int:
    """The length, or -1 if it is unknown, for `reshape`."""
    return -1 if length is None else length
