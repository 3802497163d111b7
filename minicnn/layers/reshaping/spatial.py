"""Base class of the layers that pad, crop and enlarge along the spatial axes."""

from __future__ import annotations

from typing import Any

from minicnn.common import configuration
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.layer import Layer
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class SpatialLayer(Layer):
    """A layer for data with `rank` spatial axes, in either layout."""

    rank: int

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = configuration.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _spatial_axes(self) -> range:
        first = 1 if self.data_format == "channels_last" else 2
        return range(first, first + self.rank)

    def _for_each_axis(self, pairs: tuple) -> list:
        """The pairs of the spatial axes, with (0, 0) for batch and channels."""
        spatial = dict(zip(self._spatial_axes, pairs, strict=True))
        return [spatial.get(axis, (0, 0)) for axis in range(self.rank + 2)]

    def _with_lengths(self, input_shape: Shape, change: Any) -> Shape:
        """The shape with each spatial length replaced by `change(length, index of the axis)`."""
        shape = list(input_shape)
        for place, axis in enumerate(self._spatial_axes):
            if shape[axis] is not None:
                shape[axis] = change(shape[axis], place)
        return tuple(shape)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """The output's outline, in the input's type."""
        return KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)


def standardize_pairs(value: Any, rank: int, name: str) -> tuple:
    """`(before, after)` for each axis, from one integer for all, one for each, or one for each end.

    >>> standardize_pairs((1, (2, 3)), 2, "padding")
    ((1, 1), (2, 3))
    """
    expected = (
        f"`{name}` should be an integer, or {rank} items for the {rank} spatial axes, "
        f"each an integer or two of them, for both ends. Received: {name}={value}"
    )
    if isinstance(value, int):
        value = (value,) * rank
    elif rank == 1:
        value = (value,)
    if not isinstance(value, (tuple, list)) or len(value) != rank:
        raise ValueError(expected)
    pairs = []
    for item in value:
        pair = (
            (item, item)
            if isinstance(item, int)
            else tuple(item)
            if hasattr(item, "__len__")
            else ()
        )
        if len(pair) != 2 or not all(isinstance(n, int) and n >= 0 for n in pair):
            raise ValueError(expected)
        pairs.append(pair)
    return tuple(pairs)
