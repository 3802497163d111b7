"""The leaky rectified linear unit with learned slopes."""

from __future__ import annotations

from typing import Any

from minicnn import activations
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of


class PReLU(Layer):
    """Leaves positive elements as they are and scales negative ones by a learned slope.

    There is one slope for each element, or for all along `shared_axes`.

    `y = x if x > 0, else alpha · x`

    Backward: `x̄ = ȳ if x > 0, else alpha · ȳ` and `ā = Σ_n ȳ[n] · min(x[n], 0)`, with a the
    slopes.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: axes (from 1 on) along which all elements share a slope, such as `[1, 2]` for
            one slope a channel of `(batch, height, width, channels)`.

    Source: He et al., "Delving deep into rectifiers" (2015), equation 1.
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if shared_axes and not isinstance(shared_axes, (list, tuple)):
            shared_axes = [shared_axes]
        keep_settings(self, locals())
        self.supports_masking = True

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes the slopes."""
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = add_weight_with_settings(self, "alpha", shape)
        lengths = {
            i: n for i, n in enumerate(input_shape) if i and i not in (self.shared_axes or ())
        }
        self.input_spec = InputSpec(ndim=len(input_shape), axes=lengths)

    def call(self, inputs: Any) -> Any:
        """Applies the function."""
        return activations.relu(inputs) - self.alpha * activations.relu(-inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
