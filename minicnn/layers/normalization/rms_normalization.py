"""Normalization by the root mean square."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.layers.normalization.base_normalization import check_axes


class RMSNormalization(Layer):
    """Divides each sample by its root mean square over `axis`: `y = scale · x / √(mean(x²) + ε)`.

    Unlike a layer normalization it does not subtract the mean.

    Backward: With `r = √(mean(x²) + ε)` and `ĝ = scale · ȳ`: `x̄ = (ĝ − x · mean(ĝ · x) / r²) / r`,
    and for the scale s `s̄ = Σ ȳ · x / r`.

    Args:
        axis: one axis or several; the learned scale has their lengths.
        epsilon: ε.

    Source: Zhang, Sennrich, "Root mean square layer normalization" (2019), eq. 4.
    """

    def __init__(
        self, axis: int | list[int] | tuple[int, ...] = -1, epsilon: float = 1e-6, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes the scale."""
        check_axes(self.axis, input_shape)
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        shape = tuple(input_shape[a] for a in self.axis)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, inputs: Any) -> Any:
        """Divides and scales."""
        return ops.rms_normalization(inputs, self.scale, self.axis, self.epsilon)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        check_axes(self.axis, input_shape)
        return input_shape
