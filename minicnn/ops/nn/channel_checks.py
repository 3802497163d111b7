"""Checks that the channels of inputs and kernel fit together."""

from __future__ import annotations

from typing import Any

from minicnn.common.shapes import Shape
from minicnn.common.window_arguments import channels_of


def check_channels(input_shape: Shape, kernel_shape: Shape, data_format: str) -> None:
    """Raises unless the input channels are a multiple of the kernel's channels."""
    if len(input_shape) != len(kernel_shape):
        raise ValueError(
            f"A kernel of shape {tuple(kernel_shape)} (spatial dimensions, input channels, "
            f"filters) needs inputs of {len(kernel_shape)} dimensions: batch, "
            f"{len(kernel_shape) - 2} spatial, channels. Received: "
            f"inputs.shape={tuple(input_shape)}"
        )
    channels = channels_of(input_shape, data_format)
    expected, filters = kernel_shape[-2:]
    if channels is None or expected is None:
        return
    if expected == 0 or channels % expected:
        raise ValueError(
            "The number of input channels must match the kernel's input channels, or be a "
            f"multiple of them (a grouped convolution). Received: input channels={channels}, "
            f"kernel input channels={expected} (inputs.shape={tuple(input_shape)}, "
            f"kernel.shape={tuple(kernel_shape)}, data_format='{data_format}')."
        )
    groups = channels // expected
    if filters is not None and filters % max(groups, 1):
        raise ValueError(
            f"{channels} input channels over {expected} kernel channels make {groups} groups, "
            f"which do not divide the {filters} filters evenly. Received: "
            f"inputs.shape={tuple(input_shape)}, kernel.shape={tuple(kernel_shape)}"
        )


def check_same_channels(inputs: Any, kernel: Any, axis: int, data_format: str) -> None:
    """Raises unless inputs and kernel have the same number of input channels."""
    if len(inputs.shape) != len(kernel.shape):
        check_channels(inputs.shape, kernel.shape, data_format)
    channels, expected = channels_of(inputs.shape, data_format), kernel.shape[axis]
    if channels is None or expected is None or channels == expected:
        return
    raise ValueError(
        "The number of input channels must match the kernel's input channels. Received: input "
        f"channels={channels}, kernel input channels={expected} "
        f"(inputs.shape={tuple(inputs.shape)}, kernel.shape={tuple(kernel.shape)}, "
        f"data_format='{data_format}')."
    )
