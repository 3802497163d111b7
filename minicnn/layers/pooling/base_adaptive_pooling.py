"""Base classes of the poolings with a given number of windows."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.configuration import standardize_data_format
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of

Sizes = int | tuple[int, ...]


class BaseAdaptivePooling(Layer):
    """Pooling to a given number of windows, for inputs of any size.

    Args:
        output_size: number of windows, one integer or one for each spatial dimension.
        data_format: "channels_last" or "channels_first"; `config.image_data_format()` by default.
    """

    rank: int

    def __init__(self, output_size: Sizes, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        sizes = (output_size,) * self.rank if isinstance(output_size, int) else output_size
        if not isinstance(sizes, (tuple, list)) or len(sizes) != self.rank:
            raise TypeError(
                f"`output_size` must be an integer or {self.rank} integers. Received: "
                f"{output_size} of type {type(output_size)}"
            )
        self.output_size = tuple(sizes)
        self.data_format = standardize_data_format(data_format)

    settings = settings_of(__init__)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The inputs' layout, with `output_size` as spatial dimensions."""
        if self.data_format == "channels_last":
            return (input_shape[0], *self.output_size, input_shape[-1])
        return (input_shape[0], input_shape[1], *self.output_size)


class BaseAdaptiveMaxPooling(BaseAdaptivePooling):
    """The largest element of each window.

    `y[n, i, c] = max_k x[n, k, c]`, with k in window i.

    Backward: `x̄[n, k, c] += ȳ[n, i, c]` for the largest of window i; several that are
    equally large share it.
    """

    def call(self, inputs: Any) -> Any:
        """Takes the maxima."""
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


class BaseAdaptiveAveragePooling(BaseAdaptivePooling):
    """The mean of each window.

    `y[n, i, c] = Σ_k x[n, k, c] / s`, with k in window i, which has s elements.

    Backward: `x̄[n, k, c] += ȳ[n, i, c] / s` for every k in window i.
    """

    def call(self, inputs: Any) -> Any:
        """Takes the means."""
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)
