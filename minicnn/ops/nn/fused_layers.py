"""What a layer does in one go: a product, its bias, its activation, perhaps a pool behind it.

Each is a fused operation: the decorated function is its meaning, step by step, and a kernel does
the steps at once (see `backend/numpy/fused_layers.py` for what that saves). Of the activations the
kernels know `relu`; any other is an operation of its own behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import fused
from minicnn.ops.nn.activations import relu
from minicnn.ops.nn.convolution import conv, window_settings
from minicnn.ops.nn.normalization import batch_normalization, moments
from minicnn.ops.nn.pooling import max_pool

Sizes = int | Sequence[int]


def _dense_forward(inputs, kernel, bias, recorded, activation):
    rows = inputs if inputs.ndim == 2 else inputs.reshape(-1, inputs.shape[-1])
    y = kernels.dense_layer(rows, kernel, bias, activation)
    return y.reshape(*inputs.shape[:-1], kernel.shape[-1]), None


def _dense_gradients(cotangent, outputs, known, inputs, kernel, bias, needed, activation):
    rows, y, g = (x.reshape(-1, x.shape[-1]) for x in (inputs, *outputs, cotangent))
    x, w, b = kernels.dense_layer_gradients(g, rows, kernel, y, activation, needed[0])
    return None if x is None else x.reshape(inputs.shape), w, b


@fused("inputs", "kernel", "bias", forward=_dense_forward, gradients=_dense_gradients, wide=True)
def _dense_layer(inputs, kernel, bias, activation):
    outputs = ops.matmul(inputs, kernel)
    if bias is not None:
        outputs = outputs + bias
    return _activated(outputs, activation)


def dense_layer(inputs: Any, kernel: Any, bias: Any = None, activation: Any = None) -> Any:
    """`activation(inputs · kernel + bias)`, of shapes `(..., n)`, `(n, units)` and `(units,)`.

    Example:
        >>> import minicnn as keras
        >>> dense_layer([[1.0, 2.0]], [[1.0], [1.0]], [-5.0], keras.ops.relu)
        Tensor([[0.]], dtype=float32)
    """
    known, rest = _split(activation)
    return rest(_dense_layer(inputs, kernel, bias, activation=known))


def _conv_forward(inputs, kernel, bias, recorded, activation, pooled, **window):
    window = _window(inputs, kernel, **window)
    settings = {"activation": activation, "pooled": pooled, "argmax_needed": recorded}
    y, argmax = kernels.conv_layer(inputs, kernel, bias, **window, **settings)
    if pooled and 0 in y.shape[1:3]:
        raise ValueError("The image is too small for a pool.")  # whose shape rule says how small
    return y, argmax


def _conv_gradients(
    cotangent, outputs, argmax, inputs, kernel, bias, needed, activation, pooled, **window
):
    window = _window(inputs, kernel, **window)
    return kernels.conv_layer_gradients(
        cotangent,
        inputs,
        kernel,
        *outputs,
        argmax,
        **window,
        activation=activation,
        input_needed=needed[0],
    )


def _window(inputs, kernel, strides, padding, dilation_rate):
    shapes = inputs.shape, kernel.shape
    return window_settings(*shapes, strides, padding, "channels_last", dilation_rate)


@fused("inputs", "kernel", "bias", forward=_conv_forward, gradients=_conv_gradients, wide=True)
def _conv_layer(inputs, kernel, bias, strides, padding, dilation_rate, activation, pooled):
    outputs = conv(inputs, kernel, strides, padding, "channels_last", dilation_rate)
    if bias is not None:
        outputs = outputs + bias
    outputs = _activated(outputs, activation)
    return max_pool(outputs, 2, data_format="channels_last") if pooled else outputs


def conv_layer(
    inputs: Any,
    kernel: Any,
    bias: Any = None,
    activation: Any = None,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Sizes = 1,
    pooled: bool = False,
) -> Any:
    """`activation(conv(inputs, kernel) + bias)`, with `pooled` its maxima over 2 × 2.

    Args:
        inputs, kernel: as for `conv`.
        strides, padding, dilation_rate: as for `conv`; tuples, where they are not one number.
        data_format: as for `conv`.
        bias: `(filters,)`, or None.
        activation: a function, or None.
        pooled: whether a `max_pool` by two follows; for images of two spatial dimensions.
    """
    known, rest = _split(activation)
    settings = (strides, padding, dilation_rate, known, pooled)
    if data_format == "channels_last":
        return rest(_conv_layer(inputs, kernel, bias, *settings))
    inputs = ops.moveaxis(inputs, 1, -1)
    return rest(ops.moveaxis(_conv_layer(inputs, kernel, bias, *settings), -1, 1))


def _batch_norm_forward(inputs, gamma, beta, recorded, epsilon, activation):
    return kernels.batch_norm_layer(inputs, gamma, beta, epsilon, activation), None


def _batch_norm_gradients(
    cotangent, outputs, known, inputs, gamma, beta, needed, epsilon, activation
):
    y, mean, variance = outputs
    return kernels.batch_norm_layer_gradients(
        cotangent, inputs, y, gamma, mean, variance, epsilon, activation
    )


@fused(
    "inputs",
    "gamma",
    "beta",
    forward=_batch_norm_forward,
    gradients=_batch_norm_gradients,
    wide=True,
)
def _batch_norm_layer(inputs, gamma, beta, epsilon, activation):
    mean, variance = moments(inputs, tuple(range(len(inputs.shape) - 1)))
    outputs = batch_normalization(inputs, mean, variance, -1, beta, gamma, epsilon)
    return _activated(outputs, activation), mean, variance


def batch_norm_layer(
    inputs: Any, gamma: Any, beta: Any, epsilon: float = 1e-3, activation: Any = None
) -> tuple[Any, Any, Any]:
    """Normalizes each channel (the last axis) by its own mean and variance, which it gives too.

    `activation(γ · (x − μ) / √(σ² + ε) + β)`, μ and σ² over all other axes; γ and β `(channels,)`.
    """
    known, rest = _split(activation)
    y, mean, variance = _batch_norm_layer(inputs, gamma, beta, epsilon, known)
    return rest(y), mean, variance


def _add_forward(x1, x2, recorded, activation):
    return kernels.add_and_activate(x1, x2, activation), None


def _add_gradients(cotangent, outputs, known, x1, x2, needed, activation):
    if activation == "relu":
        cotangent = kernels.relu_gradient(cotangent, *outputs)
    return cotangent, cotangent


@fused("x1", "x2", forward=_add_forward, gradients=_add_gradients)
def _add_and_activate(x1, x2, activation):
    return _activated(x1 + x2, activation)


def add_and_activate(x1: Any, x2: Any, activation: Any = None) -> Any:
    """`activation(x1 + x2)` of two tensors of one shape."""
    known, rest = _split(activation)
    return rest(_add_and_activate(x1, x2, known))


def _scale_forward(inputs, factor, shift, recorded, activation):
    return kernels.scale_and_shift(inputs, factor, shift, activation), None


@fused("inputs", "factor", "shift", forward=_scale_forward)
def _scale_and_shift(inputs, factor, shift, activation):
    return _activated(inputs * factor + shift, activation)


def scale_and_shift(inputs: Any, factor: Any, shift: Any, activation: Any = None) -> Any:
    """`activation(inputs · factor + shift)`, with a factor and a shift `(channels,)`."""
    known, rest = _split(activation)
    return rest(_scale_and_shift(inputs, factor, shift, known))


def _split(activation: Callable | None) -> tuple[str, Callable]:
    """The kernels' name for an activation, and what is left to do behind them."""
    name = fused_name(activation)
    return (name, _unchanged) if name else ("linear", activation)


def fused_name(activation: Callable | None) -> str | None:
    """The name of an activation that fused kernels compute, too; None for all others.

    Such a function has it as its attribute `fused_name`.
    """
    return "linear" if activation is None else getattr(activation, "fused_name", None)


def _unchanged(x: Any) -> Any:
    return x


def _activated(x: Any, activation: str) -> Any:
    return relu(x) if activation == "relu" else x
