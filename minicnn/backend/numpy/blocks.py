"""What often stands together, as one kernel: a layer's product, its bias, its activation, its pool.

Computed one after the other these cost little arithmetic but much memory traffic: each writes an
array that the next one reads. A kernel that does several at once never writes what is between. Here
each block is put together from the single steps, which says what it means; `backend/numba` has the
kernels that do it at once.

`activation` is "linear" or "relu". A gradient is taken at the results, as the sign of `relu(x)`
says all that the gradient needs to know of `x`.
"""

from __future__ import annotations

from math import prod

import numpy as np

from minicnn.backend.numpy.activations import relu, relu_gradient
from minicnn.backend.numpy.conv import (
    Padding,
    Sizes,
    conv,
    conv_input_gradient,
    conv_kernel_gradient,
    output_size,
)
from minicnn.backend.numpy.pool import max_pool_by_two, max_pool_by_two_gradient

Gradients = tuple[np.ndarray | None, np.ndarray, np.ndarray]


def dense_block(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, activation: str
) -> np.ndarray:
    """`activation(x · kernel + bias)`.

    x `(batch, inputs)`, kernel `(inputs, units)`, bias `(units,)` or None; result `(batch, units)`.
    """
    return _activated(_with_bias(x @ kernel, bias), activation)


def dense_block_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    activation: str,
    input_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias of `dense_block`; that of the input only if needed.

    `Ḡ = cotangent ⊙ activation'`, `X̄ = Ḡ · Wᵀ`, `W̄ = Xᵀ · Ḡ`, `b̄ = Σ Ḡ` over the batch.
    """
    cotangent = _through_activation(cotangent, y, activation)
    input_gradient = cotangent @ kernel.T if input_needed else None
    return input_gradient, x.T @ cotangent, cotangent.sum(0)


def conv_block(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    pooled: bool = False,
    winners_wanted: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(conv(x, kernel) + bias))`, and which element of each window won.

    The pool, if `pooled`, is the maximum over windows of 2 × 2 that lie side by side, for images
    only; an odd last row or column is left out. The winners are bytes of the shape of the result:
    the number (0 to 3, in row order) of the first largest element; None without a pool, and perhaps
    where nobody wants them.

    See `backend/numpy/conv.py` for the other arguments.
    """
    y = conv(x, kernel, strides, padding, dilation, groups)
    y = _activated(_with_bias(y, bias), activation)
    return max_pool_by_two(y) if pooled else (y, None)


def conv_block_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray,
    winners: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    input_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias of `conv_block`; that of the input only if needed.

    `y` and `winners` are what `conv_block` gave. A window's cotangent goes to its winner; where
    the winner is not positive, `relu` has stopped it already, so the two steps may be exchanged.
    """
    cotangent = _through_activation(cotangent, y, activation)
    where = (strides, padding, dilation)
    if winners is not None:
        size = output_size(x.shape[1:-1], kernel.shape[:-2], *where)
        cotangent = max_pool_by_two_gradient(cotangent, winners, size)
    input_gradient = None
    if input_needed:
        input_gradient = conv_input_gradient(cotangent, kernel, x.shape, *where, groups)
    kernel_gradient = conv_kernel_gradient(x, cotangent, kernel.shape[:-2], *where, groups)
    return input_gradient, kernel_gradient, cotangent.sum(tuple(range(cotangent.ndim - 1)))


def batch_norm_block(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float, activation: str = "linear"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`activation(γ · (x − μ) / √(σ² + ε) + β)`, with the mean μ and biased variance σ².

    μ and σ² are those of each channel (the last axis) over all other axes, NaN if these are empty.
    Source: Ioffe, Szegedy, "Batch Normalization" (2015), algorithm 1.
    """
    axes, count = tuple(range(x.ndim - 1)), prod(x.shape[:-1])
    mean = x.sum(axes) / count
    variance = ((x - mean) ** 2).sum(axes) / count
    y = (x - mean) * (gamma / np.sqrt(variance + epsilon)) + beta
    return _activated(y, activation), mean, variance


def batch_norm_block_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    gamma: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    activation: str = "linear",
) -> Gradients:
    """Cotangents of x, γ and β of `batch_norm_block`, through mean and variance as well.

    With x̂ = (x − μ) / √(σ² + ε), means ⟨·⟩ over all axes but the channels, and ḡ the cotangent
    behind the activation: `x̄ = γ / √(σ² + ε) · (ḡ − ⟨ḡ⟩ − x̂ ⟨ḡ x̂⟩)`, `γ̄ = Σ ḡ x̂`, `β̄ = Σ ḡ`.
    """
    cotangent = _through_activation(cotangent, y, activation)
    axes = tuple(range(x.ndim - 1))
    inverse = 1 / np.sqrt(variance + epsilon)
    normalized = (x - mean) * inverse
    gamma_gradient = (cotangent * normalized).sum(axes)
    beta_gradient = cotangent.sum(axes)
    count = prod(x.shape[:-1])
    centred = cotangent - (beta_gradient + normalized * gamma_gradient) / count
    return gamma * inverse * centred, gamma_gradient, beta_gradient


def scale_and_shift(
    x: np.ndarray, scale: np.ndarray, offset: np.ndarray, activation: str = "linear"
) -> np.ndarray:
    """`activation(x · scale + offset)`, with a scale and an offset for each channel.

    This is batch normalisation with a mean and variance that are known beforehand.
    """
    return _activated(x * scale + offset, activation)


def add_block(x1: np.ndarray, x2: np.ndarray, activation: str = "linear") -> np.ndarray:
    """`activation(x1 + x2)` of two arrays of one shape."""
    return _activated(x1 + x2, activation)


def _with_bias(x: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    return x if bias is None else x + bias


def _activated(x: np.ndarray, activation: str) -> np.ndarray:
    return relu(x) if activation == "relu" else x


def _through_activation(cotangent: np.ndarray, y: np.ndarray, activation: str) -> np.ndarray:
    return relu_gradient(cotangent, y) if activation == "relu" else cotangent
