"""The layer that makes images brighter or darker at random."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, bounds


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

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any):
        super().__init__(seed=seed, **kwargs)
        self._set_factor(factor)
        if not isinstance(value_range, (list, tuple)) or len(value_range) != 2:
            raise ValueError(
                "The `value_range` argument should be a list of two numbers. Received: "
                f"value_range={value_range}"
            )
        self.value_range = sorted(value_range)

    settings = settings_of(__init__)

    def _set_factor(self, factor: Any) -> None:
        self.factor = bounds(f"RandomBrightness '{self.name}'", "factor", factor)

    def get_random_transformation(self, images: Any, training: bool = True) -> Any:
        """The number added to each image, as a share of the range."""
        if not training:
            return None
        low, high = self.value_range
        return self.random_numbers(images, *self.factor, rank=len(images.shape)) * (high - low)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Adds the numbers."""
        x = ops.cast(images, self.compute_dtype)
        if transformation is None:
            return x
        return ops.clip(x + ops.cast(transformation, x.dtype), *self.value_range)
