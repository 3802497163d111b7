"""Base class of the separable convolution layers."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.layers.convolutional.base_conv import BaseConvolution, Sizes
from minicnn.ops.nn.output_shapes import compute_conv_output_shape


class BaseSeparableConv(BaseConvolution):
    """Depthwise, then 1×1 convolution. Arguments and formula: see `SeparableConv2D`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        keep_settings(self, locals())
        self._standardize_window()
        self._require_positive("depth_multiplier")
        self._require_positive("filters")

    settings = settings_of(__init__, "activity_regularizer")

    def build(self, input_shape: Shape) -> None:
        """Makes both kernels and the bias."""
        channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        depthwise = (*self.kernel_size, channels, self.depth_multiplier)
        pointwise = (1,) * self.rank + (channels * self.depth_multiplier, self.filters)
        self.depthwise_kernel = add_weight_with_settings(
            self, "depthwise_kernel", depthwise, "depthwise"
        )
        self.pointwise_kernel = add_weight_with_settings(
            self, "pointwise_kernel", pointwise, "pointwise"
        )
        self.bias = (
            add_weight_with_settings(self, "bias", (self.filters,)) if self.use_bias else None
        )

    def call(self, inputs: Any) -> Any:
        """Convolves each channel, mixes the channels, adds the bias, applies the activation."""
        outputs = ops.separable_conv(
            inputs, self.depthwise_kernel, self.pointwise_kernel, **self._window
        )
        return self._add_bias_and_activate(outputs)

    @property
    def kernel_with_filters_last(self) -> Any:
        """The second kernel, `(1, ..., 1, channels · depth_multiplier, filters)`."""
        return self.pointwise_kernel

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *positions, filters)`, in the layout of the inputs."""
        return compute_conv_output_shape(
            input_shape, self.filters, self.kernel_size, **self._window
        )
