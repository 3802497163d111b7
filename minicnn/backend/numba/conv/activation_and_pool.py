"""Activation and pool after a convolution, for algorithms that compute the convolution only.

Forward: `y = pool(activation(z))`, with z the result of the convolution. Backward: the cotangent of
z from that of y. The pool's stands at the argmax of each window.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minicnn.backend.numba import arithmetic
from minicnn.backend.numba.activations import ACTIVATIONS
from minicnn.backend.numba.compiler.compile import contiguous
from minicnn.backend.numba.max_pool_2x2 import max_pool_2x2, max_pool_2x2_gradient
from minicnn.common.sliding_windows import Padding, Sizes, output_size


def activate_and_pool(
    z: np.ndarray, activation: str, pooled: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(z))`, and the argmax of the pool's windows (None if not `pooled`)."""
    y = z if activation == "linear" else ACTIVATIONS[activation][0](z)
    return max_pool_2x2(y) if pooled else (y, None)


def cotangent_of_sums(
    cotangent: np.ndarray,
    y: np.ndarray,
    argmax: np.ndarray | None,
    activation: str,
    size: Sizes,
) -> np.ndarray:
    """Cotangent of z, whose height and width are `size`."""
    if activation != "linear":
        cotangent = ACTIVATIONS[activation][1](cotangent, y)
    if argmax is None:
        return cotangent
    return max_pool_2x2_gradient(cotangent, argmax, size)


def layer_gradients(conv_input_gradient: Callable, conv_kernel_gradient: Callable) -> Callable:
    """Makes `conv_layer_gradients` of the two gradients of an algorithm's convolution."""

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
        """Cotangents of input, kernel and bias; None for those not needed."""
        geometry = (strides, padding, dilation)
        size = output_size(x.shape[1:-1], kernel.shape[:2], *geometry)
        (cotangent,) = contiguous(cotangent_of_sums(cotangent, y, argmax, activation, size))
        input_gradient = kernel_gradient = bias_gradient = None
        if input_needed:
            input_gradient = conv_input_gradient(cotangent, kernel, x.shape, *geometry)
        if kernel_needed:
            kernel_gradient = conv_kernel_gradient(x, cotangent, kernel.shape[:2], *geometry)
            bias_gradient = arithmetic.sum(cotangent, axis=(0, 1, 2))
        return input_gradient, kernel_gradient, bias_gradient

    return conv_layer_gradients
