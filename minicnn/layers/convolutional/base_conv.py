"""Base classes of the convolution layers of one, two and three spatial dimensions."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.configuration import standardize_data_format
from minicnn.common.shapes import Shape
from minicnn.common.window_arguments import standardize_padding, standardize_tuple
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.ops.nn.fused_layers import conv_layer, split_activation
from minicnn.ops.nn.output_shapes import compute_conv_output_shape

Sizes = int | tuple[int, ...]


class BaseConvolution(Layer):
    """Base of all convolution layers: checks the window's settings, adds bias and activation.

    `rank`, the number of spatial dimensions, is set by the subclasses.
    """

    rank: int

    def _standardize_window(self, allow_causal: bool = False) -> None:
        self.kernel_size = standardize_tuple(self.kernel_size, self.rank, "kernel_size")
        self.strides = standardize_tuple(self.strides, self.rank, "strides")
        self.padding = standardize_padding(self.padding, allow_causal)
        self.data_format = standardize_data_format(self.data_format)
        self.dilation_rate = standardize_tuple(self.dilation_rate, self.rank, "dilation_rate")
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _require_positive(self, name: str) -> None:
        value = getattr(self, name)
        if value is not None and value <= 0:
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a strictly positive value. "
                f"Received {name}={value}."
            )

    def _refuse_strides_with_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else 1

    def _channels(self, input_shape: Shape) -> int:
        """The number of input channels; from now on the layer accepts no other."""
        channels = input_shape[self._channel_axis]
        if channels is None:
            raise ValueError(
                f"The number of input channels must be known to make the weights of layer "
                f"'{self.name}', but the input shape is {tuple(input_shape)}."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self._channel_axis: channels})
        return channels

    @property
    def _window(self) -> dict[str, Any]:
        return {
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

    def _add_bias_and_activate(self, outputs: Any) -> Any:
        if self.use_bias:
            shape = [1] * (self.rank + 2)
            shape[self._channel_axis] = self.bias.shape[0]
            outputs = outputs + ops.reshape(self.bias, shape)
        return outputs if self.activation is None else self.activation(outputs)


class BaseConv(BaseConvolution):
    """Convolution of any number of spatial dimensions. Arguments and formula: see `Conv2D`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        groups: int = 1,
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
        self._standardize_window(allow_causal=self.rank == 1)
        self._require_positive("filters")
        self._refuse_strides_with_dilation()
        if groups <= 0:
            raise ValueError(
                f"The number of groups must be a positive integer. Received: groups={groups}."
            )
        if filters is not None and filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: groups={groups}, filters={filters}."
            )

    settings = settings_of(__init__, "activity_regularizer")

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. "
                f"Received groups={self.groups}, but the input has {channels} channels (full "
                f"input shape is {tuple(input_shape)})."
            )
        self.compute_output_shape(input_shape)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = add_weight_with_settings(self, "kernel", shape)
        self.bias = (
            add_weight_with_settings(self, "bias", (self.filters,)) if self.use_bias else None
        )

    def call(self, inputs: Any) -> Any:
        """Convolves, adds the bias, applies the activation."""
        if not self._has_own_convolution:
            return self.convolve(inputs)
        return self._add_bias_and_activate(self.convolution_op(inputs, self.kernel))

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The convolution alone; a subclass may override it, to change the kernel for example."""
        return ops.conv(inputs, kernel, **self._window)

    @property
    def _has_own_convolution(self) -> bool:
        return type(self).convolution_op is not BaseConv.convolution_op

    def convolve(self, inputs: Any, pooled: bool = False) -> Any:
        """What `call` computes; with `pooled` its maxima over 2 × 2, for two dimensions."""
        weights = self.kernel, self.bias
        return conv_layer(inputs, *weights, self.activation, **self._window, pooled=pooled)

    @property
    def kernel_with_filters_last(self) -> Any:
        """The kernel as `conv` takes it: one number for each filter along the last axis."""
        return self.kernel

    @property
    def can_fuse_pool(self) -> bool:
        """Whether the fused kernel has this activation, and so may compute a max pooling, too."""
        return split_activation(self.activation)[1] is None and not self._has_own_convolution

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *positions, filters)`, in the layout of the inputs."""
        return compute_conv_output_shape(
            input_shape, self.filters, self.kernel_size, **self._window
        )
