"""Layers that add zeros around the data."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import settings_of
from minicnn.layers.reshaping.spatial import SpatialLayer, standardize_pairs


class BaseZeroPadding(SpatialLayer):
    """Base of the padding layers: adds zeros before and after each spatial axis."""

    def __init__(self, padding: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.padding = standardize_pairs(padding, self.rank, "padding")

    def call(self, inputs: Any) -> Any:
        """Adds the zeros."""
        return ops.pad(inputs, self._for_each_axis(self.padding))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape with what is added."""
        return self._with_lengths(input_shape, lambda n, i: n + sum(self.padding[i]))


class ZeroPadding1D(BaseZeroPadding):
    """Adds zeros before and after the steps of `(batch, steps, channels)`.

    The steps themselves stay as they are. Formula: see `ZeroPadding2D`.

    Args:
        padding: an integer for both ends, or two.
        data_format: `"channels_last"`, or `"channels_first"` for `(batch, channels, steps)`.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ZeroPadding1D((1, 2))(keras.ops.ones((1, 3, 1))).shape
        (1, 6, 1)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format=data_format, **kwargs)

    settings = settings_of(__init__)

    def get_config(self) -> dict[str, Any]:
        """The padding as a pair, as there is one axis only."""
        return {**super().get_config(), "padding": self.padding[0]}


class ZeroPadding2D(BaseZeroPadding):
    """Adds zeros around images `(batch, height, width, channels)`.

    The pixels themselves stay as they are.

    `y[n, i + top, j + left, c] = x[n, i, j, c]`, and 0 around it.

    Backward: `x̄[n, i, j, c] = ȳ[n, i + top, j + left, c]`

    Args:
        padding: an integer for all sides, two for height and width, or two pairs
            `((top, bottom), (left, right))`.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ZeroPadding2D(((1, 0), (2, 2)))(keras.ops.ones((1, 3, 3, 1))).shape
        (1, 4, 7, 1)
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format=data_format, **kwargs)

    settings = settings_of(__init__)


class ZeroPadding3D(BaseZeroPadding):
    """Adds zeros around volumes `(batch, depth, height, width, channels)`.

    The numbers themselves stay as they are. Formula: see `ZeroPadding2D`.

    Args:
        padding: an integer for all sides, three for the axes, or three pairs.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 3

    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(padding, data_format=data_format, **kwargs)

    settings = settings_of(__init__)
