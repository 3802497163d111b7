"""The dense (fully connected) layer."""

from __future__ import annotations

from typing import Any

from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.ops.nn.fused_layers import dense_layer


class Dense(Layer):
    """A matrix product, a bias, an activation: `(batch, ..., inputs)` to `(batch, ..., units)`.

    Every unit sums all inputs, each times a weight of its own.

    `y = activation(x · w + b)`

    Args:
        units: number of outputs.
        activation: function applied to the result; none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties added to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Attributes:
        kernel: w, of shape `(inputs, units)`.
        bias: b, of shape `(units,)`.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Dense(10, activation="softmax")(keras.ops.ones((2, 5))).shape
        (2, 10)
    """

    def __init__(
        self,
        units: int,
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
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                "Received an invalid value for `units`, expected a positive integer. Received: "
                f"units={units}"
            )
        keep_settings(self, locals())
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias."""
        inputs = input_shape[-1]
        if inputs is None:
            raise ValueError(
                f"The last axis of the input of layer '{self.name}' must have a known length, "
                f"since the kernel has as many rows, but the input shape is {tuple(input_shape)}. "
                "Put a `Flatten` or a pooling before it, or give the `Input` a full shape."
            )
        self.kernel = add_weight_with_settings(self, "kernel", (inputs, self.units))
        self.bias = add_weight_with_settings(self, "bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Multiplies, adds the bias, applies the activation."""
        return dense_layer(inputs, self.kernel, self.bias, self.activation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The last axis becomes `units` long."""
        return (*input_shape[:-1], self.units)
