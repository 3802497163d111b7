"""Fused layers: a layer's product, bias, activation and pool as one function, and its gradients.

Computed one after the other, the steps take little arithmetic but much time for memory: each writes
an array that the next one reads. Here each fused layer is composed of the single steps, which
defines its result; `backend/numba` computes the steps together and writes no array between them.

`activation` is "linear", "relu" or "relu6". A gradient needs only the activation's result: relu has
the derivative 1 where `y > 0`, else 0, and relu6 where `0 < y < 6`.
"""

from __future__ import annotations

from math import prod

import numpy as np

from minicnn.backend.numpy.activations import relu, relu6, relu6_gradient, relu_gradient
from minicnn.backend.numpy.conv import conv, conv_input_gradient, conv_kernel_gradient
from minicnn.backend.numpy.pool import max_pool_2x2, max_pool_2x2_gradient
from minicnn.common.sliding_windows import Padding, Sizes, output_size

Gradients = tuple[np.ndarray | None, np.ndarray, np.ndarray]

ACTIVATIONS = {"relu": (relu, relu_gradient), "relu6": (relu6, relu6_gradient)}
"""Each activation but "linear", and its gradient: from the cotangent and the result."""


def dense_layer(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, activation: str
) -> np.ndarray:
    """`activation(x · kernel + bias)`.

    x `(batch, inputs)`, kernel `(inputs, units)`, bias `(units,)` or None; result `(batch, units)`.
    """
    return _activated(x @ kernel, activation, bias)


def dense_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    activation: str,
    input_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias of `dense_layer`; that of the input only if needed.

    `Ḡ = cotangent ⊙ activation'`, `X̄ = Ḡ · Wᵀ`, `W̄ = Xᵀ · Ḡ`, `b̄ = Σ Ḡ` over the batch.
    """
    cotangent = _activation_gradient(cotangent, y, activation)
    input_gradient = cotangent @ kernel.T if input_needed else None
    return input_gradient, x.T @ cotangent, cotangent.sum(0)


def conv_layer(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    pooled: bool = False,
    argmax_needed: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(conv(x, kernel) + bias))`, and the place of each window's maximum.

    With `pooled`, the pool is `max_pool_2x2` in `backend/numpy/pool.py`, for images only, and its
    `argmax` is returned too. That is None without a pool, and may be None unless `argmax_needed`.
    See `backend/numpy/conv.py` for the other arguments.
    """
    y = conv(x, kernel, strides, padding, dilation, groups)
    y = _activated(y, activation, bias)
    return max_pool_2x2(y) if pooled else (y, None)


def conv_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    argmax: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    input_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias of `conv_layer`; that of the input only if needed.

    `y` and `argmax` are the results of `conv_layer`. The activation's gradient may be taken before
    the pool's, on the smaller arrays: an activation that never falls and the maximum of a window
    can be exchanged.
    """
    geometry = strides, padding, dilation
    cotangent = _activation_gradient(cotangent, y, activation)
    if argmax is not None:
        size = output_size(x.shape[1:-1], kernel.shape[:-2], *geometry)
        cotangent = max_pool_2x2_gradient(cotangent, argmax, size)
    input_gradient = None
    if input_needed:
        input_gradient = conv_input_gradient(cotangent, kernel, x.shape, *geometry, groups)
    kernel_gradient = conv_kernel_gradient(x, cotangent, kernel.shape[:-2], *geometry, groups)
    return input_gradient, kernel_gradient, cotangent.sum(tuple(range(cotangent.ndim - 1)))


def batch_norm_layer(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float, activation: str = "linear"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`activation(γ · (x − μ) / √(σ² + ε) + β)`, with the mean μ and biased variance σ².

    Returns the result, μ and σ²: those of each channel (the last axis) over all other axes, NaN if
    these are empty.
    Source: Ioffe, Szegedy, "Batch Normalization" (2015), algorithm 1.
    """
    axes, count = tuple(range(x.ndim - 1)), prod(x.shape[:-1])
    mean = x.sum(axes) / count
    variance = ((x - mean) ** 2).sum(axes) / count
    y = (x - mean) * (gamma / np.sqrt(variance + epsilon)) + beta
    return _activated(y, activation), mean, variance


def batch_norm_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    activation: str = "linear",
) -> Gradients:
    """Cotangents of x, γ and β of `batch_norm_layer`, through mean and variance as well.

    With x̂ = (x − μ) / √(σ² + ε), means ⟨·⟩ over all axes but the channels, and ḡ the cotangent
    of the activation's input: `x̄ = γ / √(σ² + ε) · (ḡ − ⟨ḡ⟩ − x̂ ⟨ḡ x̂⟩)`, `γ̄ = Σ ḡ x̂`, `β̄ = Σ ḡ`.
    """
    cotangent = _activation_gradient(cotangent, y, activation)
    axes, count = tuple(range(x.ndim - 1)), prod(x.shape[:-1])
    inverse = 1 / np.sqrt(variance + epsilon)
    normalized = (x - mean) * inverse
    gamma_gradient = (cotangent * normalized).sum(axes)
    beta_gradient = cotangent.sum(axes)
    centred = cotangent - (beta_gradient + normalized * gamma_gradient) / count
    return gamma * inverse * centred, gamma_gradient, beta_gradient


def scale_and_shift(
    x: np.ndarray, scale: np.ndarray, offset: np.ndarray, activation: str = "linear"
) -> np.ndarray:
    """`activation(x · scale + offset)`, with a scale and an offset for each channel.

    Batch normalisation has this form where the mean and variance are given.
    """
    return _activated(x * scale + offset, activation)


def add_and_activate(x1: np.ndarray, x2: np.ndarray, activation: str = "linear") -> np.ndarray:
    """`activation(x1 + x2)` of two arrays of one shape."""
    return _activated(x1 + x2, activation)


def _activated(x: np.ndarray, activation: str, bias: np.ndarray | None = None) -> np.ndarray:
    """`activation(x + bias)`."""
    x = x if bias is None else x + bias
    return x if activation == "linear" else ACTIVATIONS[activation][0](x)


def _activation_gradient(cotangent: np.ndarray, y: np.ndarray, activation: str) -> np.ndarray:
    """Cotangent of the input of `y = activation(x)`."""
    return cotangent if activation == "linear" else ACTIVATIONS[activation][1](cotangent, y)
