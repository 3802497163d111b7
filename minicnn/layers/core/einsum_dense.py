"""The dense layer whose product is written in Einstein's notation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.initializers import VarianceScaling
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.layers.core.einsum_equation import read_equation


class EinsumDense(Layer):
    """A product over any axes, a bias, an activation.

    The equation says which axes are summed over: those with a letter that the output lacks.

    `y = activation(einsum(equation, x, w) + b)`

    Backward: with `z̄ = ȳ · activation'(z)`: `x̄ = einsum("output,kernel->input", z̄, w)` and
    `w̄ = einsum("input,output->kernel", x, z̄)`, with the letters of the equation, and `b̄ = Σ z̄`
    over the axes that the bias does not have.

    Args:
        equation: `input,kernel->output` with a letter for each axis, as `"abc,cd->abd"` for
            `y[a, b, d] = Σ_c x[a, b, c] · w[c, d]`. `...` may begin input and output, or end both.
        output_shape: lengths of the output's axes without the batch and those of `...`; None for
            an axis that the input has.
        activation: function applied to the result; none by default.
        bias_axes: letters of the output's axes along which the bias varies; without, none.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties added to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.

    Attributes:
        kernel: w, with an axis for each of its letters.
        bias: b, or None.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 5), bias_axes="de")
        >>> layer(keras.ops.ones((8, 3, 4))).shape
        (8, 3, 2, 5)
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if bias_axes is not None and not (isinstance(bias_axes, str) and bias_axes):
            raise ValueError(
                "`bias_axes` must be letters of the output's axes, such as 'd', or None. Received: "
                f"bias_axes={bias_axes!r}"
            )
        keep_settings(self, locals())
        shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.partial_output_shape = shape

    settings = settings_of(__init__, "activity_regularizer", without=("output_shape",))

    def build(self, input_shape: Shape) -> None:
        """Makes kernel and bias."""
        shapes = self._shapes(input_shape)
        self.input_spec = InputSpec(ndim=len(input_shape))
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling) and None in (
            initializer.input_axes,
            initializer.output_axes,
        ):
            axes = {"input_axes": shapes.input_axes, "output_axes": shapes.output_axes}
            config = {**initializer.get_config(), "seed": initializer.seed, **axes}
            initializer = type(initializer).from_config(config)
        self.kernel = add_weight_with_settings(
            self, "kernel", shapes.kernel, initializer=initializer
        )
        has_bias = shapes.bias is not None
        self.bias = add_weight_with_settings(self, "bias", shapes.bias) if has_bias else None

    def _shapes(self, input_shape: Shape) -> Any:
        return read_equation(self.equation, self.bias_axes, input_shape, self.partial_output_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Multiplies, adds the bias, applies the activation."""
        y = ops.einsum(self.equation, inputs, self.kernel)
        return self.activation(y if self.bias is None else y + self.bias)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The batch, `output_shape`, and the axes of `...` as in the input."""
        return self._shapes(input_shape).output

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), "output_shape": self.partial_output_shape}
