"""The layer that shears images at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import batch_size, bounds
from minicnn.layers.preprocessing.random_warps import RandomWarp


class RandomShear(RandomWarp):
    """Shears each image by random numbers, in training.

    A rectangle becomes a parallelogram.

    `y[n, i, j, c] = x[n, i + b · j, j + a · i, c]`; between pixels it is interpolated.

    Backward: `x̄[n, i + b · j, j + a · i, c] += ȳ[n, i, j, c]`, with the weights of the
    interpolation.

    Args:
        x_factor: an interval for a, or a number f within [0, 1] for (−f, f).
        y_factor: the same for b.
        interpolation: "nearest" or "bilinear".
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomShear(x_factor=0.3, fill_mode="constant", seed=1)
        >>> layer(keras.ops.ones((2, 5, 4, 3)), training=True).shape
        (2, 5, 4, 3)
    """

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        layer = f"RandomShear '{self.name}'"
        self.x_factor = _shears(layer, "x_factor", x_factor)
        self.y_factor = _shears(layer, "y_factor", y_factor)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The shears (a, b) of each image, with a random sign for both."""
        shape = (batch_size(images), 1)
        sign = ops.where(self.uniform(shape, (0, 1), seed) > 0.5, -1.0, 1.0)
        b, a = (self.uniform(shape, factor, seed) for factor in (self.y_factor, self.x_factor))
        shears = ops.cast(ops.concatenate([a, b], axis=1) * sign, self.compute_dtype)
        return {"shear_factor": shears, "input_shape": tuple(images.shape)}

    def maps(self, transformation: Any, height: int, width: int) -> list[Any]:
        """The shears."""
        a, b = ops.unstack(transformation["shear_factor"], 2, axis=1)
        return [1, a, 0, b, 1, 0]


def _shears(layer: str, name: str, factor: Any) -> tuple[float, float]:
    """The interval that a factor means; a pair may be that of a layer's config, from −f to f."""
    if isinstance(factor, (list, tuple)):
        return bounds(layer, name, factor)
    bounds(layer, name, factor, low=0)
    return -factor, factor
