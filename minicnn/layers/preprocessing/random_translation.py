"""The layer that shifts images at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import batch_size, bounds
from minicnn.layers.preprocessing.random_warps import RandomWarp


class RandomTranslation(RandomWarp):
    """Shifts each image down and to the right by random lengths, in training.

    Pixels that come in from outside are filled as `fill_mode` says.

    `y[n, i, j, c] = x[n, i - down, j - right, c]`; between pixels it is interpolated.

    Backward: `x̄[n, i - down, j - right, c] += ȳ[n, i, j, c]`

    Args:
        height_factor: an interval of parts of the height within [−1, 1], or a number f for
            (−f, f); positive is down.
        width_factor: the same for the width; positive is to the right.
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        layer = f"RandomTranslation '{self.name}'"
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height_bounds = bounds(layer, "height_factor", height_factor)
        self._width_bounds = bounds(layer, "width_factor", width_factor)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """How far images move to the right and down, in pixels, `(batch, 2)`."""
        axes, shape = self.axes_of(images), (batch_size(images), 1)
        down = random.uniform(shape, *self._height_bounds, seed=seed) * images.shape[axes.height]
        right = random.uniform(shape, *self._width_bounds, seed=seed) * images.shape[axes.width]
        moves = ops.concatenate([right, down], axis=1)
        return {"translations": moves, "input_shape": tuple(images.shape)}

    def maps(self, transformation: Any, height: int, width: int) -> list[Any]:
        """The translations."""
        right, down = ops.unstack(transformation["translations"], 2, axis=1)
        return [1, 0, -right, 0, 1, -down]
