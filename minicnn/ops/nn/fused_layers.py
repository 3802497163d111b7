"""Dense and convolutional layers as one operation: product, bias, activation, perhaps a pool.

Each is a fused operation: the decorated function defines it, step by step, and one kernel computes
all steps (`backend/numpy/fused_layers.py` says what that saves). The activations that these kernels
compute are `relu` and `relu6`; any other is an operation of its own after them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import fused
from minicnn.ops.nn.activations import relu, relu6
from minicnn.ops.nn.convolution import conv, window_settings
from minicnn.ops.nn.pooling import max_pool

Sizes = int | Sequence[int]

ACTIVATIONS = {function.fused_name: function for function in (relu, relu6)}


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
    return activated(outputs, activation)


def dense_layer(inputs: Any, kernel: Any, bias: Any = None, activation: Any = None) -> Any:
    """`activation(inputs · kernel + bias)`, of shapes `(..., n)`, `(n, units)` and `(units,)`.

    Example:
        >>> import minicnn as keras
        >>> dense_layer([[1.0, 2.0]], [[1.0], [1.0]], [-5.0], keras.ops.relu)
        Tensor([[0.]], dtype=float32)
    """
    known, rest = split_activation(activation)
    outputs = _dense_layer(inputs, kernel, bias, activation=known)
    return outputs if rest is None else rest(outputs)


def _conv_forward(inputs, kernel, bias, recorded, activation, pooled, **window):
    window = window_settings(inputs.shape, kernel.shape, data_format="channels_last", **window)
    settings = {"activation": activation, "pooled": pooled, "argmax_needed": recorded}
    y, argmax = kernels.conv_layer(inputs, kernel, bias, **window, **settings)
    if pooled and 0 in y.shape[1:3]:
        raise ValueError("The image is too small for a pool.")  # whose shape rule says how small
    return y, argmax


def _conv_gradients(
    cotangent, outputs, argmax, inputs, kernel, bias, needed, activation, pooled, **window
):
    window = window_settings(inputs.shape, kernel.shape, data_format="channels_last", **window)
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


@fused("inputs", "kernel", "bias", forward=_conv_forward, gradients=_conv_gradients, wide=True)
def _conv_layer(inputs, kernel, bias, strides, padding, dilation_rate, activation, pooled):
    outputs = conv(inputs, kernel, strides, padding, "channels_last", dilation_rate)
    if bias is not None:
        outputs = outputs + bias
    outputs = activated(outputs, activation)
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
    known, rest = split_activation(activation)
    settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    settings |= {"activation": known, "pooled": pooled}
    if data_format == "channels_last":
        outputs = _conv_layer(inputs, kernel, bias, **settings)
    else:
        outputs = _conv_layer(ops.moveaxis(inputs, 1, -1), kernel, bias, **settings)
        outputs = ops.moveaxis(outputs, -1, 1)
    return outputs if rest is None else rest(outputs)


def split_activation(activation: Callable | None) -> tuple[str, Callable | None]:
    """The name by which kernels compute an activation, and what is left to compute after them.

    An activation that kernels compute has that name as its attribute `fused_name`.
    """
    name = "linear" if activation is None else getattr(activation, "fused_name", None)
    return (name, None) if name else ("linear", activation)


def activated(x: Any, activation: str) -> Any:
    return x if activation == "linear" else ACTIVATIONS[activation](x)
