"""Transposed convolution over volumes."""

from __future__ import annotations

from typing import Any

from minicnn.layers.convolutional.base_conv import Sizes
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose


class Conv3DTranspose(BaseConvTranspose):
    """Transposed convolution over three spatial dimensions. See `Conv2DTranspose`.

    Every place of the input adds a kernel, times its number, to the larger output.
    """

    rank = 3

    # Keras has `data_format` before `output_padding` here, and only here.
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Sizes | None = None,
        *args: Any,
        **kwargs: Any,
    ):
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, *args, **kwargs
        )
