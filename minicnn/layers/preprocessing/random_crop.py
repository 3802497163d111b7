"""The layer that crops images at a random position."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.center_crop import cut_out
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, SizedImageLayer


class RandomCrop(RandomImageLayer, SizedImageLayer):
    """Crops all images of a batch to the same part, at a random position, in training.

    Images that are not larger than the part are cropped to its proportions in the middle and
    resized. Outside training images are not changed.

    `y[n, i, j, c] = x[n, i + top, j + left, c]`, with `top` and `left` drawn at random.

    Backward: `x̄[n, i + top, j + left, c] = ȳ[n, i, j, c]`, else 0.

    Args:
        height, width: of the part.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".
    """

    keeps_type = True

    def __init__(
        self,
        height: int,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        seed = random.make_default_seed() if seed is None else seed
        super().__init__(seed=seed, height=height, width=width, data_format=data_format, **kwargs)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The corner, (top, left)."""
        axes = self.axes_of(images)
        height, width = images.shape[axes.height], images.shape[axes.width]
        if height > self.height and width > self.width:
            lengths = (height - self.height + 1, width - self.width + 1)
            return tuple(int(random.uniform((), 0, float(n), seed=seed)) for n in lengths)
        fitting = (width * self.height // self.width, height * self.width // self.height)
        kept = [max(min(n, m), 1) for n, m in zip((height, width), fitting, strict=True)]
        return (height - kept[0]) // 2, (width - kept[1]) // 2

    def change(self, images: Any, transformation: Any) -> Any:
        """Cuts the part out."""
        size = (self.height, self.width)
        axes = self.axes_of(images)
        part = cut_out(images, axes, transformation, size)
        if (part.shape[axes.height], part.shape[axes.width]) == size:
            return part
        return ops.image.resize(part, size, data_format=self.data_format)
