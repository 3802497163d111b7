"""Convolution in any number of spatial dimensions, and its two gradients, by matrix products.

im2col copies the patch of the input under each output position into one row; convolution is then
one product with the kernel as a matrix (Chellapilla, Puri, Simard, "High performance convolutional
neural networks for document processing", 2006). With X the patches, W the kernel matrix and Y the
output,

    Y = X · W,        dW = Xᵀ · dY,        dX = dY · Wᵀ  (then col2im adds the overlapping patches).

Shapes: input `(batch, *spatial, channels)`, kernel `(*kernel_size, channels / groups, filters)`,
output `(batch, *positions, filters)`. `padding` is a pair (before, after) for each spatial
dimension. A tap is one place of the kernel, so a kernel of 3 × 3 has nine taps. As in every network
library the kernel is not flipped (it is a correlation).

`groups` cuts the channels and the filters into so many equal runs; each run of filters reads only
its own run of channels. With as many groups as channels this is the depthwise convolution. The
transposed convolution is the input gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minicnn.common.sliding_windows import Padding, Sizes, reach


def im2col(
    x: np.ndarray, kernel_size: Sizes, strides: Sizes, padding: Padding, dilation: Sizes
) -> np.ndarray:
    """The patch under each output position: `(batch, *positions, *kernel_size, channels)`.

    It is a read-only view of the padded input, in which elements appear in several patches:

        columns[n, p, k, c] = padded[n, p · stride + k · dilation, c],   0 in the padding.
    """
    dimensions = len(kernel_size)
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    extent = tuple(reach(k, d) for k, d in zip(kernel_size, dilation, strict=True))
    # `(batch, *every position, channels, *extent)`, of which the strides and dilation take some.
    patches = sliding_window_view(padded, extent, axis=tuple(range(1, dimensions + 1)))
    patches = patches[tuple(np.s_[::step] for step in (1, *strides, 1, *dilation))]
    return np.moveaxis(patches, dimensions + 1, -1)


def col2im(
    columns: np.ndarray,
    input_shape: Sizes,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint of im2col: adds each patch to the place where im2col read it.

    ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩. `columns` is `(batch, *positions, *kernel_size, channels)`, the
    result has `input_shape`.
    """
    batch, *size, channels = input_shape
    positions = columns.shape[1 : len(size) + 1]
    padded_size = (n + sum(p) for n, p in zip(size, padding, strict=True))
    padded = np.zeros((batch, *padded_size, channels), columns.dtype)
    for tap in np.ndindex(*kernel_size):
        axes = zip(tap, positions, strides, dilation, strict=True)
        read = [np.s_[k * d : k * d + (n - 1) * s + 1 : s] for k, n, s, d in axes]
        padded[:, *read] += columns[..., *tap, :]
    inside = [np.s_[before : before + n] for n, (before, _) in zip(size, padding, strict=True)]
    return padded[:, *inside]


def conv(
    x: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """`y[n, p, f] = Σ_{k, c} padded[n, p · stride + k · dilation, c] · kernel[k, c, f]`."""
    columns = im2col(x, kernel.shape[:-2], strides, padding, dilation)
    taps_and_channels = kernel.ndim - 1  # the last axes of the columns, the first of the kernel
    return tensordot_by_group(columns, kernel, taps_and_channels, groups)


def conv_kernel_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Cotangent of the kernel: `dW = Xᵀ · dY`, linear in `x` and in `cotangent`.

    Its shape is the kernel's, `(*kernel_size, channels / groups, filters)`.
    """
    columns = im2col(x, kernel_size, strides, padding, dilation)
    batch_and_positions = range(x.ndim - 1)
    return tensordot_by_group(columns, cotangent, (batch_and_positions,) * 2, groups)


def conv_input_gradient(
    cotangent: np.ndarray,
    kernel: np.ndarray,
    input_shape: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Cotangent of the input: `dX = col2im(dY · Wᵀ)`, of shape `input_shape`.

    Linear in `cotangent` and in `kernel`, and the adjoint of `conv`:
    ⟨conv(x), y⟩ = ⟨x, conv_input_gradient(y)⟩.
    """
    filters = (-1, -1)  # the last axis of both
    columns = tensordot_by_group(cotangent, kernel, filters, groups)
    return col2im(columns, input_shape, kernel.shape[:-2], strides, padding, dilation)


def tensordot_by_group(
    a: np.ndarray, b: np.ndarray, axes: int | tuple[Any, Any], groups: int
) -> np.ndarray:
    """`np.tensordot(a, b, axes)`, the sum of products over `axes`, which is a matrix product.

    The last axis of `a` and of `b` is cut into `groups` runs; the results of each pair of runs are
    joined along the last axis.
    """
    if groups == 1:
        return np.tensordot(a, b, axes)
    parts = zip(np.split(a, groups, -1), np.split(b, groups, -1), strict=True)
    return np.concatenate([np.tensordot(*part, axes) for part in parts], -1)
