"""Base class of the normalizations with learned scale and offset."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings


class BaseNormalization(Layer):
    """Makes gamma (scale) and beta (offset), by the settings of their names.

    Both stay in the type of the weights, and the computation is done in float32 at least, for
    squares and means overflow in float16.
    """

    def _add_gamma_and_beta(self, shape: Shape, gamma: bool, beta: bool) -> None:
        self.gamma = self._add_vector("gamma", shape) if gamma else None
        self.beta = self._add_vector("beta", shape) if beta else None

    def _add_vector(self, name: str, shape: Shape, **more: Any) -> Any:
        return add_weight_with_settings(self, name, shape, autocast=False, **more)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        check_axes(self.axis, input_shape)
        return input_shape


def check_axes(axis: int | list[int] | tuple[int, ...], input_shape: Shape) -> None:
    """Raises unless the inputs have the axes."""
    for a in [axis] if isinstance(axis, int) else axis:
        if not -len(input_shape) <= a < len(input_shape):
            raise ValueError(
                f"Axis {a} is out of bounds for input shape {tuple(input_shape)}, which has "
                f"{len(input_shape)} dimensions. Received: axis={axis}"
            )


def move(average: Any, value: Any, momentum: float) -> None:
    """`average = momentum · average + (1 - momentum) · value`; no gradient flows to the average."""
    average.assign(average * momentum + ops.stop_gradient(value) * (1 - momentum))
