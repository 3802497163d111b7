"""Convolution with a kernel of one pixel: a dense layer applied to every pixel.

    Y = X · W      X (batch · positions, channels), W (channels, filters)

X is the input itself, reshaped to a matrix. It is copied only if there is padding.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.conv.activation_and_pool import activate_and_pool, cotangent_of_sums
from minicnn.backend.numba.products import dense_layer, dense_layer_gradients
from minicnn.common.sliding_windows import Padding, Sizes, output_size


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """Kernels of 1 × 1 without strides."""
    return kernel_size == strides == (1, 1) and groups == 1


def conv_layer(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    pooled: bool,
    argmax_needed: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(X · W + bias))`; see `backend/numpy/fused_layers.py`."""
    pixels = _padded(x, padding)
    y = dense_layer(_rows(pixels), kernel[0, 0], bias, activation)
    return activate_and_pool(y.reshape(*pixels.shape[:-1], kernel.shape[-1]), "linear", pooled)


def conv_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    argmax: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """Cotangents of input, kernel and bias: `Ḡ · Wᵀ`, `Xᵀ · Ḡ` and `Σ Ḡ`."""
    if argmax is not None:
        size = output_size(x.shape[1:-1], (1, 1), strides, padding, dilation)
        cotangent = cotangent_of_sums(cotangent, y, argmax, activation, size)
        activation = "linear"
    pixels = _padded(x, padding)
    rows = [None if a is None else _rows(a) for a in (cotangent, pixels, y)]
    gradients = dense_layer_gradients(
        rows[0], rows[1], kernel[0, 0], rows[2], activation, input_needed, kernel_needed
    )
    pixel_gradient, kernel_gradient, bias_gradient = gradients
    if kernel_needed:
        kernel_gradient = kernel_gradient[None, None]
    if input_needed:
        pixel_gradient = _unpadded(pixel_gradient.reshape(pixels.shape), padding)
    return pixel_gradient, kernel_gradient, bias_gradient


def _padded(x: np.ndarray, padding: Padding) -> np.ndarray:
    """The input with its padding."""
    return np.pad(x, ((0, 0), *padding, (0, 0))) if any(map(any, padding)) else x


def _unpadded(gradient: np.ndarray, padding: Padding) -> np.ndarray:
    """The adjoint of `_padded`."""
    (top, bottom), (left, right) = padding
    height, width = gradient.shape[1:3]
    return gradient[:, top : height - bottom, left : width - right]


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])
