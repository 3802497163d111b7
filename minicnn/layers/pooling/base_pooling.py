"""Base classes of the poolings over windows."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.configuration import standardize_data_format
from minicnn.common.shapes import Shape
from minicnn.common.window_arguments import standardize_padding, standardize_tuple
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.ops.nn.output_shapes import compute_pooling_output_shape

Sizes = int | tuple[int, ...]


class BasePooling(Layer):
    """One number for each window of each channel. Arguments: see `MaxPooling2D`.

    `rank`, the number of spatial dimensions, is set by the subclasses.
    """

    rank: int

    def __init__(
        self,
        pool_size: Sizes,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        strides = pool_size if strides is None else strides
        self.pool_size = standardize_tuple(pool_size, self.rank, "pool_size")
        self.strides = standardize_tuple(strides, self.rank, "strides")
        self.padding = standardize_padding(padding)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    settings = settings_of(__init__)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *positions, channels)`, in the layout of the inputs."""
        return compute_pooling_output_shape(input_shape, **self._window)

    @property
    def _window(self) -> dict[str, Any]:
        return {
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }


class BaseMaxPooling(BasePooling):
    """The largest element of each window."""

    def __init__(self, pool_size: Sizes = 2, *args: Any, **kwargs: Any):
        super().__init__(pool_size, *args, **kwargs)

    def call(self, inputs: Any) -> Any:
        """Takes the maxima."""
        return ops.max_pool(inputs, **self._window)


class BaseAveragePooling(BasePooling):
    """The mean of each window."""

    def call(self, inputs: Any) -> Any:
        """Takes the means."""
        return ops.average_pool(inputs, **self._window)
