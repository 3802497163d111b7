"""The layer that zooms images at random."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import batch_size, bounds
from minicnn.layers.preprocessing.random_warps import RandomWarp


class RandomZoom(RandomWarp):
    """Zooms each image in or out by a random factor, in training.

    The middle stays where it is.

    `y[n, i, j, c] = x[n, a · i, b · j, c]`, counted from the middle, with a and b drawn at random;
    between pixels it is interpolated.

    Backward: `x̄[n, a · i, b · j, c] += ȳ[n, i, j, c]`, with the weights of the interpolation.

    Args:
        height_factor: an interval within [−1, 1], or a number f for (−f, f): negative numbers zoom
            in, positive ones out. 0.2 makes the image 20 % smaller.
        width_factor: the same for the width; None for the factor of the height.
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        layer = f"RandomZoom '{self.name}'"
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height_bounds = zoom_bounds(layer, "height_factor", height_factor)
        if width_factor is not None:
            self._width_bounds = zoom_bounds(layer, "width_factor", width_factor)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """How many times as large the images are read, each `(batch, 1)`."""
        shape = (batch_size(images), 1)
        tall = wide = 1 + random.uniform(shape, *self._height_bounds, seed=seed)
        if self.width_factor is not None:
            wide = 1 + random.uniform(shape, *self._width_bounds, seed=seed)
        return {"height_zoom": tall, "width_zoom": wide, "input_shape": tuple(images.shape)}

    def maps(self, transformation: Any, height: int, width: int) -> list[Any]:
        """The zooms."""
        tall, wide = (transformation[f"{side}_zoom"][:, 0] for side in ("height", "width"))
        right, down = (width - 1) / 2 * (1 - wide), (height - 1) / 2 * (1 - tall)
        return [wide, 0, right, 0, tall, down]


def zoom_bounds(layer: str, name: str, factor: Any) -> tuple[float, float]:
    """The interval that a factor means. -1 would shrink an image to nothing, so none may be it."""
    if -1 in (factor if isinstance(factor, (list, tuple)) else [factor]):
        raise ValueError(
            f"`{name}` of {layer} must be larger than -1, which would leave nothing of the image. "
            f"Received: {name}={factor}"
        )
    return bounds(layer, name, factor)
