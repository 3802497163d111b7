"""Convolution in any number of spatial dimensions, and its two gradients, by matrix products.

im2col lays the patch of the input under each output position out as one row; convolution is then
one product with the kernel as a matrix (Chellapilla, Puri, Simard, "High performance convolutional
neural networks for document processing", 2006). With X the patches, W the kernel matrix and Y the
output,

    Y = X · W,        dW = Xᵀ · dY,        dX = dY · Wᵀ  (then col2im adds the overlapping patches).

Shapes: input `(batch, *spatial, channels)`, kernel `(*kernel_size, channels / groups, filters)`,
output `(batch, *positions, filters)`. `padding` is a pair (before, after) for each spatial
dimension. As in every network library the kernel is not flipped (it is a correlation).
Filters come in `groups` equal runs, and each run sees only its run of the channels; with as many
groups as channels this is the depthwise convolution. The transposed convolution is the input
gradient.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Sizes = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]


def im2col(
    x: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    fill: float = 0,
) -> np.ndarray:
    """The patch under each output position: `(batch, *positions, *kernel_size, channels)`.

    It is a read-only view of the padded input, in which elements appear in several patches:

        columns[n, p, k, c] = padded[n, p · stride + k · dilation, c],   `fill` in the padding.
    """
    spatial = tuple(range(1, x.ndim - 1))
    extent = tuple((k - 1) * d + 1 for k, d in zip(kernel_size, dilation, strict=True))
    patches = sliding_window_view(pad(x, padding, fill), extent, axis=spatial)
    step_positions = tuple(slice(None, None, s) for s in strides)
    step_taps = tuple(slice(None, None, d) for d in dilation)
    patches = patches[(slice(None), *step_positions, slice(None), *step_taps)]
    return np.moveaxis(patches, len(spatial) + 1, -1)


def col2im(
    columns: np.ndarray,
    input_shape: Sizes,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint of im2col, which adds each patch back where im2col took it:
    ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩.

    `columns` is `(batch, *positions, *kernel_size, channels)`, the result has `input_shape`.
    """
    batch, *spatial, channels = input_shape
    positions = columns.shape[1 : len(spatial) + 1]
    sizes = tuple(n + sum(p) for n, p in zip(spatial, padding, strict=True))
    padded = np.zeros((batch, *sizes, channels), columns.dtype)
    every = slice(None)
    for tap in np.ndindex(*kernel_size):
        target = tap_slices(tap, positions, strides, dilation)
        padded[(every, *target)] += columns[(every, *(every for _ in spatial), *tap)]
    inside = tuple(
        slice(before, before + n) for n, (before, _) in zip(spatial, padding, strict=True)
    )
    return padded[(every, *inside)]


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
    y = columns_by_group(columns, groups) @ kernel_by_group(kernel, groups)
    return _join_groups(y, columns.shape[: x.ndim - 1])


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
    patches = np.swapaxes(columns_by_group(columns, groups), 1, 2)
    gradient = patches @ _split_groups(cotangent, groups)
    return _join_groups(gradient, (*kernel_size, x.shape[-1] // groups))


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
    kernel_size = kernel.shape[:-2]
    patches = _split_groups(cotangent, groups) @ np.swapaxes(kernel_by_group(kernel, groups), 1, 2)
    patches = patches.reshape(groups, *cotangent.shape[:-1], *kernel_size, kernel.shape[-2])
    columns = np.moveaxis(patches, 0, -2)
    columns = columns.reshape(*columns.shape[:-2], input_shape[-1])
    return col2im(columns, input_shape, kernel_size, strides, padding, dilation)


def output_size(
    size: Sizes, kernel_size: Sizes, strides: Sizes, padding: Padding, dilation: Sizes
) -> Sizes:
    """How many positions the kernel has in each dimension."""
    return tuple(
        (n + sum(p) - (k - 1) * d - 1) // s + 1
        for n, p, k, d, s in zip(size, padding, kernel_size, dilation, strides, strict=True)
    )


def pad(x: np.ndarray, padding: Padding, fill: float = 0) -> np.ndarray:
    """`x` with `fill` around its spatial dimensions."""
    if not any(map(any, padding)):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=fill)


def tap_slices(tap: Sizes, positions: Sizes, strides: Sizes, dilation: Sizes) -> tuple[slice, ...]:
    """Where in the padded input the kernel element `tap` falls, over all output positions."""
    return tuple(
        slice(k * d, k * d + (n - 1) * s + 1, s)
        for k, n, s, d in zip(tap, positions, strides, dilation, strict=True)
    )


def columns_by_group(columns: np.ndarray, groups: int) -> np.ndarray:
    """Patches as one matrix a group: `(groups, batch · positions, taps · channels / groups)`."""
    *outer, channels = columns.shape
    spatial = (len(outer) - 1) // 2
    split = columns.reshape(*outer, groups, channels // groups)
    taps = prod(outer[spatial + 1 :])
    rows = prod(outer[: spatial + 1])
    return np.moveaxis(split, -2, 0).reshape(groups, rows, taps * (channels // groups))


def kernel_by_group(kernel: np.ndarray, groups: int) -> np.ndarray:
    """The kernel as one matrix a group: `(groups, taps · channels / groups, filters / groups)`."""
    return _split_groups(kernel, groups)


def _split_groups(x: np.ndarray, groups: int) -> np.ndarray:
    """`(..., filters)` as matrices `(groups, rows, filters / groups)`."""
    *outer, filters = x.shape
    return np.moveaxis(x.reshape(prod(outer), groups, filters // groups), 1, 0)


def _join_groups(x: np.ndarray, outer: Sizes) -> np.ndarray:
    """Matrices `(groups, rows, filters / groups)` as `(*outer, filters)`."""
    groups, _, filters = x.shape
    return np.moveaxis(x, 0, 1).reshape(*outer, groups * filters)
