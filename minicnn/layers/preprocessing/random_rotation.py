"""The layer that rotates images at random."""

from __future__ import annotations

import math
from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import batch_size, bounds
from minicnn.layers.preprocessing.random_warps import RandomWarp


class RandomRotation(RandomWarp):
    """Rotates each image around its middle by a random angle, in training.

    The new pixel (x, y) is read at `(cos θ · x − sin θ · y, sin θ · x + cos θ · y)`, counted from
    the middle; positive angles turn counter-clockwise.

    Backward: `x̄[n, u, v, c] += weight · ȳ[n, x, y, c]`, for the pixels (u, v) that a new pixel (x,
    y) is interpolated from.

    Args:
        factor: an interval of parts of 2π within [−1, 1], or a number f for (−f, f).
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = bounds(f"RandomRotation '{self.name}'", "factor", factor)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The angles in degrees, and the middle of the images."""
        axes = self.axes_of(images)
        degrees = [360.0 * part for part in self.factor]
        return {
            "angle": random.uniform((batch_size(images),), *degrees, seed=seed),
            "image_height": images.shape[axes.height],
            "image_width": images.shape[axes.width],
            "batch_size": batch_size(images),
        }

    def maps(self, transformation: Any, height: int, width: int) -> list[Any]:
        """The rotations."""
        angle = transformation["angle"] * (math.pi / 180)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return [cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos]
