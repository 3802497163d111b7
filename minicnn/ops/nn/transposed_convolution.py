"""Transposed convolution: the input gradient of a convolution, used as a forward operation.

With A the convolution that maps outputs to inputs, it is Aᵀ. Its derivative with respect to the
inputs is therefore a convolution, and that with respect to the kernel a convolution's kernel
gradient.
Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
"""

from __future__ import annotations

from typing import Any

from minicnn.backend import kernels
from minicnn.common.sliding_windows import output_lengths
from minicnn.common.window_arguments import (
    from_channels_last,
    per_axis,
    spatial_shape,
    standardize_data_format,
    to_channels_last,
)
from minicnn.ops.define.declare import op
from minicnn.ops.nn import output_shapes
from minicnn.ops.nn.channel_checks import check_same_channels
from minicnn.ops.nn.convolution import Sizes, conv, conv_kernel_gradient
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def _transposed_settings(
    input_shape, kernel_shape, strides, padding, output_padding, data_format, dilation_rate
):
    """The output's shape, and the settings of the convolution from the output to the inputs."""
    data_format = standardize_data_format(data_format)
    kernel_size = kernel_shape[:-2]
    output_shape = output_shapes.compute_conv_transpose_output_shape(
        input_shape,
        kernel_size,
        kernel_shape[-2],
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    strides = per_axis(strides, len(kernel_size), "strides")
    dilation = per_axis(dilation_rate, len(kernel_size), "dilation_rate")
    lengths = spatial_shape(input_shape, data_format)
    outputs = spatial_shape(output_shape, data_format)
    pairs = output_shapes.transposed_pairs(lengths, outputs, kernel_size, strides, dilation)
    if output_lengths(outputs, kernel_size, strides, dilation, pairs) != tuple(lengths):
        raise ValueError(
            "`output_padding` must be smaller than `strides`, or more positions would follow the "
            f"last window than one stride. Received: output_padding={output_padding}, "
            f"strides={strides}"
        )
    window = {
        "strides": strides,
        "padding": pairs,
        "data_format": data_format,
        "dilation_rate": dilation,
    }
    return output_shape, window


def _conv_transpose_spec(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    data_format = standardize_data_format(data_format)
    check_same_channels(inputs, kernel, -1, data_format)
    shape = output_shapes.compute_conv_transpose_output_shape(
        inputs.shape,
        kernel.shape[:-2],
        kernel.shape[-2],
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    return KerasTensor(shape, inputs.dtype)


def _conv_transpose_kernel_vjp(g, y, x, w, **settings):
    _, window = _transposed_settings(x.shape, w.shape, **settings)
    return conv_kernel_gradient(g, x, kernel_shape=w.shape, **window)


def _conv_transpose_input_vjp(g, y, x, w, **settings):
    _, window = _transposed_settings(x.shape, w.shape, **settings)
    return conv(g, w, **window)


@op(
    "inputs",
    "kernel",
    promote="float",
    spec=_conv_transpose_spec,
    vjp=(_conv_transpose_input_vjp, _conv_transpose_kernel_vjp),
    wide=True,
)
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    output_padding: Sizes | None = None,
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """Transposed convolution: the input gradient of `conv`, used as a forward operation.

    Each input element adds the kernel, times itself, to the outputs, `strides` apart:
    `y[n, p · stride + k · dilation, f] += x[n, p, c] · kernel[k, f, c]`.

    Args:
        inputs: `(batch, *spatial, channels)`, or channels first.
        kernel: `(*kernel_size, filters, channels)`, filters before channels.
        output_padding: positions to add at the end of each spatial dimension, fewer than
            `strides`; None chooses them (see `compute_conv_transpose_output_shape`).

    Returns:
        `(batch, *positions, filters)`, in the layout of the inputs.
    """
    data_format = standardize_data_format(data_format)
    check_same_channels(inputs, kernel, -1, data_format)
    output_shape, window = _transposed_settings(
        inputs.shape, kernel.shape, strides, padding, output_padding, data_format, dilation_rate
    )
    y = kernels.conv_input_gradient(
        to_channels_last(inputs, data_format),
        kernel,
        (output_shape[0], *spatial_shape(output_shape, data_format), kernel.shape[-2]),
        window["strides"],
        window["padding"],
        window["dilation_rate"],
        1,
    )
    return from_channels_last(y, data_format)
