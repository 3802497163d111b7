"""Convolution with a kernel of one pixel: the matrix product of a dense layer, at every position.

    Y = X · W      X (batch · positions, channels), W (channels, filters)

Without a stride X is the input itself, seen as a matrix; nothing is copied.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.conv.around import activate_and_pool, cotangent_of_sums
from minicnn.backend.numba.products import dense_block, dense_block_gradients
from minicnn.backend.numpy.conv import Padding, Sizes, output_size, pad


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """Kernels of 1 × 1."""
    return kernel_size == (1, 1) and groups == 1


def conv_block(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    pooled: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(X · W + bias))`; see `backend/numpy/blocks.py`."""
    pixels = _pixels(x, strides, padding)
    y = dense_block(_rows(pixels), kernel[0, 0], bias, activation)
    return activate_and_pool(y.reshape(*pixels.shape[:-1], kernel.shape[-1]), "linear", pooled)


def conv_block_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    winners: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """Cotangents of input, kernel and bias: `Ḡ · Wᵀ`, `Xᵀ · Ḡ` and `Σ Ḡ`."""
    if winners is not None:
        size = output_size(x.shape[1:-1], (1, 1), strides, padding, dilation)
        cotangent = cotangent_of_sums(cotangent, y, winners, activation, size)
        activation = "linear"
    pixels = _pixels(x, strides, padding)
    rows = [None if a is None else _rows(a) for a in (cotangent, pixels, y)]
    gradients = dense_block_gradients(
        rows[0], rows[1], kernel[0, 0], rows[2], activation, input_needed, kernel_needed
    )
    pixel_gradient, kernel_gradient, bias_gradient = gradients
    if kernel_needed:
        kernel_gradient = kernel_gradient[None, None]
    if input_needed:
        pixel_gradient = _back(pixel_gradient.reshape(pixels.shape), x.shape, strides, padding)
    return pixel_gradient, kernel_gradient, bias_gradient


def _pixels(x: np.ndarray, strides: Sizes, padding: Padding) -> np.ndarray:
    """The pixels under the kernel: all of them, or a copy of some."""
    if strides == (1, 1) and not any(map(any, padding)):
        return x
    return np.ascontiguousarray(pad(x, padding)[:, :: strides[0], :: strides[1]])


def _back(gradient: np.ndarray, shape: Sizes, strides: Sizes, padding: Padding) -> np.ndarray:
    """The adjoint of `_pixels`."""
    if gradient.shape == shape and not any(map(any, padding)):
        return gradient
    (top, bottom), (left, right) = padding
    height, width = shape[1:3]
    padded = np.zeros(
        (shape[0], top + height + bottom, left + width + right, shape[3]), gradient.dtype
    )
    padded[:, :: strides[0], :: strides[1]] = gradient
    return padded[:, top : top + height, left : left + width]


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])
