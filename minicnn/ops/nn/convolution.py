"""Convolution, and the two operations that are its gradients.

A convolution y = x ∗ w is linear in x and in w. With x̄, w̄, ȳ the cotangents,

    x̄ = conv_input_gradient(ȳ, w),        w̄ = conv_kernel_gradient(x, ȳ).

Both are again linear in both arguments, and each of the three is the derivative of the other two,
so that these few lines give derivatives of any order.
Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.shapes import Shape
from minicnn.common.sliding_windows import pad_pairs
from minicnn.common.window_arguments import (
    channels_of,
    from_channels_last,
    hashable,
    per_axis,
    spatial_shape,
    standardize_data_format,
    standardize_padding,
    to_channels_last,
)
from minicnn.ops.define.declare import composite, op
from minicnn.ops.nn import output_shapes
from minicnn.ops.nn.channel_checks import check_channels, check_same_channels
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Sizes = int | Sequence[int]


@functools.lru_cache(maxsize=1024)
def window_settings(
    input_shape: Shape,
    kernel_shape: Shape,
    strides: Sizes,
    padding: Any,
    data_format: str,
    dilation_rate: Sizes,
) -> dict[str, Any]:
    """Checks that inputs and kernel fit together; returns the backend's keyword arguments."""
    check_channels(input_shape, kernel_shape, data_format)
    kernel_size = kernel_shape[:-2]
    output_shapes.compute_conv_output_shape(
        input_shape, kernel_shape[-1], kernel_size, strides, padding, data_format, dilation_rate
    )
    rank = len(kernel_size)
    strides = per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    lengths = spatial_shape(input_shape, data_format)
    padding = standardize_padding(padding, allow_causal=True, allow_pairs=True)
    return {
        "strides": strides,
        "padding": pad_pairs(padding, lengths, kernel_size, strides, dilation),
        "dilation": dilation,
        "groups": channels_of(input_shape, data_format) // max(kernel_shape[-2], 1),
    }


def _conv_spec(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    data_format = standardize_data_format(data_format)
    check_channels(inputs.shape, kernel.shape, data_format)
    shape = output_shapes.compute_conv_output_shape(
        inputs.shape,
        kernel.shape[-1],
        kernel.shape[:-2],
        strides,
        padding,
        data_format,
        dilation_rate,
    )
    return KerasTensor(shape, inputs.dtype)


@op(
    "inputs",
    "kernel",
    promote="float",
    spec=_conv_spec,
    vjp=(
        lambda g, y, x, w, **window: conv_input_gradient(g, w, input_shape=x.shape, **window),
        lambda g, y, x, w, **window: conv_kernel_gradient(x, g, kernel_shape=w.shape, **window),
    ),
    wide=True,
)
def conv(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """Convolution over any number of spatial dimensions (a correlation: no flipping).

    `y[n, p, f] = Σ_{k, c} x[n, p · stride + k · dilation, c] · kernel[k, c, f]`

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with
            `data_format="channels_first"`.
        kernel: `(*kernel_size, channels / groups, filters)`. Fewer kernel channels than input
            channels make a grouped convolution.
        strides, dilation_rate: one integer, or one for each spatial dimension.
        padding: "valid" (none), "same" (⌈length / stride⌉ outputs) or "causal" (only before).

    Returns:
        `(batch, *positions, filters)`, in the layout of the inputs.

    Raises:
        ValueError: if channels, dimensions or sizes do not fit together.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.ones((2, 28, 28, 1))
        >>> keras.ops.conv(x, keras.ops.ones((3, 3, 1, 8)), strides=2, padding="same").shape
        (2, 14, 14, 8)
    """
    data_format = standardize_data_format(data_format)
    settings = hashable(inputs.shape, kernel.shape, strides, padding, data_format, dilation_rate)
    window = window_settings(*settings)
    y = kernels.conv(to_channels_last(inputs, data_format), kernel, **window)
    return from_channels_last(y, data_format)


@op(
    "cotangent",
    "kernel",
    promote="float",
    spec=lambda cotangent, kernel, input_shape, **_: KerasTensor(input_shape, cotangent.dtype),
    vjp=(
        lambda g, y, c, w, input_shape, **window: conv(g, w, **window),
        lambda g, y, c, w, input_shape, **window: conv_kernel_gradient(
            g, c, kernel_shape=w.shape, **window
        ),
    ),
    wide=True,
)
def conv_input_gradient(
    cotangent: Any,
    kernel: Any,
    input_shape: Shape,
    strides: Sizes = 1,
    padding: Any = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """The cotangent of the inputs of `conv`, and its adjoint: ⟨conv(x), g⟩ = ⟨x, this(g)⟩."""
    data_format = standardize_data_format(data_format)
    settings = hashable(input_shape, kernel.shape, strides, padding, data_format, dilation_rate)
    window = window_settings(*settings)
    batch, channels = input_shape[0], channels_of(input_shape, data_format)
    x = kernels.conv_input_gradient(
        to_channels_last(cotangent, data_format),
        kernel,
        (batch, *spatial_shape(input_shape, data_format), channels),
        **window,
    )
    return from_channels_last(x, data_format)


@op(
    "inputs",
    "cotangent",
    promote="float",
    spec=lambda inputs, cotangent, kernel_shape, **_: KerasTensor(kernel_shape, inputs.dtype),
    vjp=(
        lambda g, y, x, c, kernel_shape, **window: conv_input_gradient(
            c, g, input_shape=x.shape, **window
        ),
        lambda g, y, x, c, kernel_shape, **window: conv(x, g, **window),
    ),
    wide=True,
)
def conv_kernel_gradient(
    inputs: Any,
    cotangent: Any,
    kernel_shape: Shape,
    strides: Sizes = 1,
    padding: Any = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """The cotangent of the kernel of `conv`: ⟨conv(x, w), g⟩ = ⟨w, this(x, g)⟩."""
    data_format = standardize_data_format(data_format)
    settings = hashable(inputs.shape, kernel_shape, strides, padding, data_format, dilation_rate)
    window = window_settings(*settings)
    return kernels.conv_kernel_gradient(
        to_channels_last(inputs, data_format),
        to_channels_last(cotangent, data_format),
        tuple(kernel_shape[:-2]),
        **window,
    )


@composite("inputs", "kernel")
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """Convolution of each channel separately, with `multiplier` filters for each.

    Output channel `c · multiplier + m` is input channel c convolved with `kernel[..., c, m]`:
    a grouped convolution with as many groups as channels.

    Args:
        kernel: `(*kernel_size, channels, multiplier)`; for the others see `conv`.

    Returns:
        `(batch, *positions, channels · multiplier)`, in the layout of the inputs.
    """
    data_format = standardize_data_format(data_format)
    check_same_channels(inputs, kernel, -2, data_format)
    filters = rules.total(kernel.shape[-2:])
    grouped = ops.reshape(kernel, (*kernel.shape[:-2], 1, filters))
    return conv(inputs, grouped, strides, padding, data_format, dilation_rate)


@composite("inputs", "depthwise_kernel", "pointwise_kernel")
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Sizes = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sizes = 1,
) -> Any:
    """`depthwise_conv`, then a 1×1 convolution that mixes the channels.

    Args:
        depthwise_kernel: `(*kernel_size, channels, multiplier)`.
        pointwise_kernel: `(1, ..., 1, channels · multiplier, filters)`.

    Returns:
        `(batch, *positions, filters)`, in the layout of the inputs.
        Source: Chollet, "Xception" (2017), section 2.
    """
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, data_format=data_format)
