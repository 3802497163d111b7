"""The layer that mirrors images at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, one_each

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

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are mirrored."""
        flips = random.uniform(one_each(images), seed=seed) <= 0.5
        return {"flips": flips, "input_shape": tuple(images.shape)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Mirrors the chosen images."""
        axes = self.axes_of(images)
        sides = {"horizontal": axes.width, "vertical": axes.height}
        flipped = images
        for side, axis in sides.items():
            if side in self.mode:
                flipped = ops.flip(flipped, axis=axis)
        return ops.where(transformation["flips"], flipped, images)
