"""Normalization to length 1."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.layers.normalization.base_normalization import check_axes


class UnitNormalization(Layer):
    """Divides each sample by its length over `axis`: `y = x / ‖x‖₂`.

    Only the direction is left.

    Backward: `x̄ = (ȳ − y · Σ ȳ · y) / ‖x‖₂`

    Args:
        axis: one axis or several.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.UnitNormalization()(keras.ops.array([[3.0, 4.0]]))
        Tensor([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis: int | list[int] | tuple[int, ...] = -1, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Invalid value for `axis` argument: expected an int or a list/tuple of ints. "
                f"Received: axis={axis}"
            )
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Divides by the length."""
        return ops.normalize(inputs, self.axis, order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        check_axes(self.axis, input_shape)
        return input_shape
