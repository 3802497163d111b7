"""Layers that enlarge data by repeating elements."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.common.window_arguments import standardize_tuple
from minicnn.layers.base.settings import settings_of
from minicnn.layers.reshaping.spatial import SpatialLayer


class BaseUpSampling(SpatialLayer):
    """Base of the layers that repeat elements along the spatial axes."""

    def __init__(self, size: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.size = standardize_tuple(size, self.rank, "size")

    def call(self, inputs: Any) -> Any:
        """Repeats."""
        for axis, times in zip(self._spatial_axes, self.size, strict=True):
            inputs = ops.repeat(inputs, times, axis=axis)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape with the spatial lengths times the factors."""
        return self._with_lengths(input_shape, lambda n, i: n * self.size[i])


class UpSampling1D(BaseUpSampling):
    """Repeats each step of `(batch, steps, channels)`.

    It has no weights. Formula: see `UpSampling2D`.

    Args:
        size: number of repetitions.
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any):
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(f"`size` should be a positive integer. Received: size={size}")
        super().__init__(size, data_format="channels_last", **kwargs)

    settings = settings_of(__init__)

    def get_config(self) -> dict[str, Any]:
        """The size as a number, as there is one axis only."""
        return {**super().get_config(), "size": self.size[0]}


class UpSampling2D(BaseUpSampling):
    """Makes images `(batch, height, width, channels)` larger.

    It repeats rows and columns, or interpolates between them; it has no weights.

    `y[n, i, j, c] = x[n, ⌊i / size⌋, ⌊j / size⌋, c]` if it repeats.

    Backward: `x̄[n, ⌊i / size⌋, ⌊j / size⌋, c] += ȳ[n, i, j, c]`

    Args:
        size: the factor, or one for height and one for width.
        data_format: `"channels_last"` or `"channels_first"`.
        interpolation: `"nearest"` repeats pixels; `"bilinear"`, `"bicubic"`, `"lanczos3"` and
            `"lanczos5"` interpolate between them.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.UpSampling2D((2, 3))(keras.ops.ones((1, 4, 4, 1))).shape
        (1, 8, 12, 1)
    """

    rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ):
        super().__init__(size, data_format=data_format, **kwargs)
        self.interpolation = interpolation.lower()

    settings = settings_of(__init__)

    def call(self, inputs: Any) -> Any:
        """Repeats, or resizes."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        lengths = [
            inputs.shape[axis] * n for axis, n in zip(self._spatial_axes, self.size, strict=True)
        ]
        return ops.image.resize(
            inputs, lengths, interpolation=self.interpolation, data_format=self.data_format
        )


class UpSampling3D(BaseUpSampling):
    """Makes volumes `(batch, depth, height, width, channels)` larger by repeating.

    It has no weights. Formula: see `UpSampling2D`.

    Args:
        size: the factor, or one for each axis.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(size, data_format=data_format, **kwargs)

    settings = settings_of(__init__)
