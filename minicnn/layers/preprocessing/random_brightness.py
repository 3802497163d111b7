"""The layer that makes images brighter or darker at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import (
    RandomImageLayer,
    bounds,
    one_each,
    sorted_range,
)


class RandomBrightness(RandomImageLayer):
    """Adds a random number to all pixels of an image, another for each image, in training.

    So the network learns that the light does not matter.

    `y = clip(x + δ · (high − low), low, high)`, δ uniform in `factor`, (low, high) = `value_range`.

    Backward: `x̄ = ȳ if low < y < high, else 0`

    Args:
        factor: an interval within [−1, 1], or a number f for (−f, f).
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.
    """

    moves = False
    keeps_type = True

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any):
        super().__init__(seed=seed, **kwargs)
        self._set_factor(factor)
        self.value_range = sorted_range(f"RandomBrightness '{self.name}'", value_range)

    settings = settings_of(__init__)

    def _set_factor(self, factor: Any) -> None:
        self.factor = bounds(f"RandomBrightness '{self.name}'", "factor", factor)

    def draw(self, images: Any, seed: Any) -> Any:
        """The number added to each image."""
        low, high = self.value_range
        part = random.uniform(one_each(images), *self.factor, seed=seed)
        return {"rgb_delta": part * (high - low)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Adds the numbers."""
        delta = ops.cast(transformation["rgb_delta"], images.dtype)
        return ops.clip(images + delta, *self.value_range)
