"""Base class of the depthwise convolution layers."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.layers.convolutional.base_conv import BaseConvolution, Sizes
from minicnn.ops.nn.output_shapes import compute_conv_output_shape


class BaseDepthwiseConv(BaseConvolution):
    """Convolution of each channel separately. Arguments and formula: see `DepthwiseConv2D`."""

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        keep_settings(self, locals())
        self._standardize_window()
        self._require_positive("depth_multiplier")

    settings = settings_of(__init__, "activity_regularizer")

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = add_weight_with_settings(self, "kernel", shape, "depthwise")
        filters = channels * self.depth_multiplier
        self.bias = add_weight_with_settings(self, "bias", (filters,)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """Convolves each channel, adds the bias, applies the activation."""
        return self._add_bias_and_activate(ops.depthwise_conv(inputs, self.kernel, **self._window))

    @property
    def kernel_with_filters_last(self) -> Any:
        """The kernel as `conv` takes it, `(*kernel_size, 1, channels · depth_multiplier)`."""
        return ops.reshape(self.kernel, (*self.kernel_size, 1, -1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *positions, channels · depth_multiplier)`, in the layout of the inputs."""
        filters = input_shape[self._channel_axis] * self.depth_multiplier
        return compute_conv_output_shape(input_shape, filters, self.kernel_size, **self._window)
