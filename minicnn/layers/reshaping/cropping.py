"""Layers that cut off edges."""

from __future__ import annotations

from typing import Any

from minicnn.common.shapes import Shape
from minicnn.layers.base.settings import settings_of
from minicnn.layers.reshaping.spatial import SpatialLayer, standardize_pairs


class BaseCropping(SpatialLayer):
    """Base of the cropping layers: cuts off both ends of each spatial axis."""

    def __init__(self, cropping: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.cropping = standardize_pairs(cropping, self.rank, "cropping")

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Cuts."""
        shape = self.compute_output_shape(inputs.shape)
        starts = [before for before, _ in self._for_each_axis(self.cropping)]
        return inputs[
            tuple(
                slice(a, None if n is None else a + n) for a, n in zip(starts, shape, strict=True)
            )
        ]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape without what is cut off."""
        return self._with_lengths(
            input_shape, lambda n, i: self._cropped_length(n, self.cropping[i], input_shape)
        )

    def _cropped_length(self, length: int, cut: tuple[int, int], input_shape: Shape) -> int:
        if sum(cut) >= length:
            raise ValueError(
                "Values in `cropping` argument should be smaller than the corresponding spatial "
                f"dimension of the input. `cropping` parameter of `{type(self).__name__}` layer "
                "must be smaller than the length that it cuts: received "
                f"input_shape={tuple(input_shape)}, cropping={self.cropping}"
            )
        return length - sum(cut)


class Cropping1D(BaseCropping):
    """Cuts off the ends of `(batch, steps, channels)`.

    The other steps stay as they are. Formula: see `Cropping2D`.

    Args:
        cropping: an integer for both ends, or two.
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(cropping, data_format="channels_last", **kwargs)

    settings = settings_of(__init__)

    def get_config(self) -> dict[str, Any]:
        """The cropping as a pair, as there is one axis only."""
        return {**super().get_config(), "cropping": self.cropping[0]}


class Cropping2D(BaseCropping):
    """Cuts off the edges of images `(batch, height, width, channels)`.

    The other pixels stay as they are.

    `y[n, i, j, c] = x[n, i + top, j + left, c]`

    Backward: `x̄[n, i + top, j + left, c] = ȳ[n, i, j, c]`, and 0 in what was cut off.

    Args:
        cropping: an integer for all sides, two for height and width, or two pairs
            `((top, bottom), (left, right))`.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Cropping2D(((1, 0), (2, 2)))(keras.ops.ones((1, 6, 6, 1))).shape
        (1, 5, 2, 1)
    """

    rank = 2

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(cropping, data_format=data_format, **kwargs)


class Cropping3D(BaseCropping):
    """Cuts off the faces of volumes `(batch, depth, height, width, channels)`.

    The other numbers stay as they are. Formula: see `Cropping2D`.

    Args:
        cropping: an integer for all sides, three for the axes, or three pairs.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(cropping, data_format=data_format, **kwargs)
