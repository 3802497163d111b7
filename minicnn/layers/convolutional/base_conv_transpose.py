"""Base class of the transposed convolution layers."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.common.window_arguments import standardize_tuple
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.layers.convolutional.base_conv import BaseConvolution, Sizes
from minicnn.ops.nn.output_shapes import compute_conv_transpose_output_shape


class BaseConvTranspose(BaseConvolution):
    """Transposed convolution. Arguments and formula: see `Conv2DTranspose`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        keep_settings(self, locals())
        self._standardize_window()
        self.output_padding = self._checked_output_padding(output_padding)
        self._require_positive("filters")
        self._refuse_strides_with_dilation()

    settings = settings_of(__init__, "activity_regularizer")

    def _checked_output_padding(self, output_padding: Any) -> tuple[int, ...] | None:
        if output_padding is None:
            return None
        values = standardize_tuple(output_padding, self.rank, "output_padding", allow_zero=True)
        for i, (p, s) in enumerate(zip(values, self.strides, strict=True)):
            if p >= s:
                raise ValueError(
                    "`output_padding` must be strictly less than `strides` for all dimensions. At "
                    f"dimension {i}, `output_padding` is {p} but `strides` is {s}. Received: "
                    f"output_padding={values}, strides={self.strides}"
                )
        return values

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias."""
        shape = (*self.kernel_size, self.filters, self._channels(input_shape))
        self.kernel = add_weight_with_settings(self, "kernel", shape)
        self.bias = (
            add_weight_with_settings(self, "bias", (self.filters,)) if self.use_bias else None
        )

    def call(self, inputs: Any) -> Any:
        """Computes the transposed convolution, adds the bias, applies the activation."""
        outputs = ops.conv_transpose(
            inputs, self.kernel, output_padding=self.output_padding, **self._window
        )
        return self._add_bias_and_activate(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *positions, filters)`, in the layout of the inputs."""
        return compute_conv_transpose_output_shape(
            input_shape,
            self.kernel_size,
            self.filters,
            output_padding=self.output_padding,
            **self._window,
        )
