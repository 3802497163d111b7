"""The rectified linear unit as a layer."""

from __future__ import annotations

from typing import Any

from minicnn import activations
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class ReLU(Layer):
    """Leaves large elements as they are and bends or cuts off the others.

    The default sets all negative elements to zero.

    `y = x if x > threshold, else negative_slope · (x − threshold)`, at most `max_value`.

    Backward: `x̄ = ȳ if threshold < x < max_value`, `x̄ = negative_slope · ȳ if x < threshold`,
    else 0.

    Args:
        max_value: upper bound of the result; none by default.
        negative_slope: the slope below the threshold.
        threshold: the x above which the result is x.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ReLU(max_value=3)(keras.ops.array([-1.0, 2.0, 4.0]))
        Tensor([0., 2., 3.], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. "
                f"Received: max_value={max_value}"
            )
        for name, value in {"negative_slope": negative_slope, "threshold": threshold}.items():
            if value is None or value < 0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be None or a negative value. "
                    f"Received: {name}={value}"
                )
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Applies the function."""
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
