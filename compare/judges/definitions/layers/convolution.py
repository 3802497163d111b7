"""Layers of convolution: weights, the operation, a bias for each filter, the activation."""

from __future__ import annotations

from compare.judges.definitions.activations import activation
from compare.judges.definitions.layers.layer import Layer
from compare.judges.definitions.operations import convolution
from compare.judges.definitions.windows import as_given, channels_last, for_axes


class Convolution(Layer):
    """A convolution over some axes (the class attribute `axes`)."""

    axes = 2

    def __init__(
        self,
        filters=None,
        kernel_size=1,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        **others,
    ):
        super().__init__(**others)
        self.filters, self.window, self.groups = filters, for_axes(kernel_size, self.axes), groups
        self.arguments = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
        self.data_format, self.activation, self.use_bias = data_format, activation, use_bias

    def build(self, shape):
        """The kernels, then the bias."""
        channels = shape[1] if self.data_format == "channels_first" else shape[-1]
        self.kernels = [self.add_weight(*kernel) for kernel in self.kernels_of(channels)]
        self.bias = self.add_weight("bias", (self.bias_of(channels),)) if self.use_bias else None

    def kernels_of(self, channels):
        """The names and shapes of the kernels."""
        return [("kernel", (*self.window, channels // self.groups, self.filters))]

    def bias_of(self, channels):
        """The number of channels of the output."""
        return self.filters

    def convolved(self, x, *kernels):
        """The operation on an input with its channels last."""
        return convolution.conv(x, *kernels, **self.arguments)

    def call(self, x, training):
        """The operation, the bias, the activation."""
        x = channels_last(x, self.data_format)
        y = self.convolved(x, *(kernel.value for kernel in self.kernels))
        y = activation(self.activation)(y + (self.bias.value if self.use_bias else 0))
        return as_given(y, self.data_format)


class Transposed(Convolution):
    """A transposed convolution."""

    def __init__(self, *args, output_padding=None, **settings):
        super().__init__(*args, **settings)
        self.arguments["output_padding"] = output_padding

    def kernels_of(self, channels):
        """The kernel has the filters before the channels of the input."""
        return [("kernel", (*self.window, self.filters, channels))]

    def convolved(self, x, *kernels):
        """The operation."""
        return convolution.conv_transpose(x, *kernels, **self.arguments)


class Depthwise(Convolution):
    """A convolution of each channel by itself."""

    weight_of = {"depthwise": "kernel"}

    def __init__(self, *args, depth_multiplier=1, **settings):
        super().__init__(None, *args, **settings)
        self.multiplier = depth_multiplier

    def kernels_of(self, channels):
        """Some filters for each channel."""
        return [("kernel", (*self.window, channels, self.multiplier))]

    def bias_of(self, channels):
        """All filters of all channels."""
        return channels * self.multiplier

    def convolved(self, x, *kernels):
        """The operation."""
        return convolution.depthwise_conv(x, *kernels, **self.arguments)


class Separable(Convolution):
    """A depthwise convolution, then one over the channels only."""

    weight_of = {"depthwise": "depthwise_kernel", "pointwise": "pointwise_kernel"}

    def __init__(self, *args, depth_multiplier=1, **settings):
        super().__init__(*args, **settings)
        self.multiplier = depth_multiplier

    def kernels_of(self, channels):
        """Those of both convolutions."""
        inner = channels * self.multiplier
        return [
            ("depthwise_kernel", (*self.window, channels, self.multiplier)),
            ("pointwise_kernel", (*(1,) * self.axes, inner, self.filters)),
        ]

    def convolved(self, x, *kernels):
        """The operation."""
        return convolution.separable_conv(x, *kernels, **self.arguments)


def over_axes(base, n):
    """The class for convolutions over n axes."""
    return type(f"{base.__name__}{n}D", (base,), {"axes": n})


DEFINITIONS = {
    **{f"Conv{n}D": over_axes(Convolution, n) for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": over_axes(Transposed, n) for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": over_axes(Depthwise, n) for n in (1, 2)},
    **{f"SeparableConv{n}D": over_axes(Separable, n) for n in (1, 2)},
}
