"""The layer that mirrors images at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(RandomImageLayer):
    """Mirrors each image with probability 1/2, in training.

    So the network learns that left and right do not matter.

    `y[n, i, j, c] = x[n, i, width - 1 - j, c]` if it is mirrored from left to right.

    Backward: `x̄[n, i, width - 1 - j, c] = ȳ[n, i, j, c]`

    Args:
        mode: "horizontal" (left and right change places), "vertical", or
            "horizontal_and_vertical", which rotates these images by 180°.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if mode not in MODES:
            raise ValueError(f"`mode` is one of {', '.join(MODES)}. Received: mode={mode!r}")
        self.mode = mode

    settings = settings_of(__init__)

    def get_random_transformation(self, images: Any, training: bool = True) -> Any:
        """Which images are mirrored."""
        if not training:
            return None
        return self.random_numbers(images, 0.0, 1.0, rank=len(images.shape)) <= 0.5

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Mirrors the chosen images."""
        x = ops.cast(images, self.compute_dtype)
        if transformation is None:
            return x
        axes = self.axes_of(x)
        sides = {"horizontal": axes.width, "vertical": axes.height}
        flipped = x
        for side, axis in sides.items():
            if side in self.mode:
                flipped = ops.flip(flipped, axis=axis)
        return ops.where(transformation, flipped, x)
