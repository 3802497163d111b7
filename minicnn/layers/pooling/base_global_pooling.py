"""Base classes of the poolings over all positions."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.configuration import standardize_data_format
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class BaseGlobalPooling(Layer):
    """One number for each channel. Arguments: see `GlobalAveragePooling2D`.

    `rank`, the number of spatial dimensions, is set by the subclasses.
    """

    rank: int

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    settings = settings_of(__init__)

    @property
    def _spatial_axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, channels)`, or with `keepdims` the rank of the inputs."""
        axes = self._spatial_axes
        if self.keepdims:
            return tuple(1 if i in axes else n for i, n in enumerate(input_shape))
        return tuple(n for i, n in enumerate(input_shape) if i not in axes)


class BaseGlobalMaxPooling(BaseGlobalPooling):
    """The largest element of each channel."""

    def call(self, inputs: Any) -> Any:
        """Takes the maxima."""
        return ops.max(inputs, axis=self._spatial_axes, keepdims=self.keepdims)


class BaseGlobalAveragePooling(BaseGlobalPooling):
    """The mean of each channel."""

    def call(self, inputs: Any) -> Any:
        """Takes the means."""
        return ops.mean(inputs, axis=self._spatial_axes, keepdims=self.keepdims)
