"""The layer that changes the contrast of images at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, bounds, one_each


class RandomContrast(RandomImageLayer):
    """Scales the distance of each pixel from the mean of its channel at random, in training.

    So the network learns that the contrast does not matter.

    `y = clip(mean + (x − mean) · c)`, c uniform in `[1 − lower, 1 + upper]` for each image.

    Backward: `x̄ = c · ȳ + (1 − c) · mean(ȳ)` over the pixels of a channel that were not clipped.

    Args:
        factor: `(lower, upper)` within [0, 1], or a number f, which means (0, f), as in Keras.
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.
    """

    moves = False
    keeps_type = True

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any):
        super().__init__(seed=seed, **kwargs)
        self.factor = bounds(f"RandomContrast '{self.name}'", "factor", factor, low=0, high=1)
        self.value_range = value_range

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The factor of each image."""
        lower, upper = self.factor
        return {"contrast_factor": self.uniform(one_each(images), (1 - lower, 1 + upper), seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Scales around the mean."""
        axes = self.axes_of(images)
        mean = ops.mean(images, axis=(axes.height, axes.width), keepdims=True)
        stretched = mean + (images - mean) * transformation["contrast_factor"]
        return ops.clip(stretched, *self.value_range)
