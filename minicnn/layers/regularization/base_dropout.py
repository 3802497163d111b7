"""What dropout layers share."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.layers.base.layer import Layer


class BaseDropout(Layer):
    """Changes its inputs at random in training, and keeps their shape.

    Args:
        rate: the part of the elements that is left out, from 0 up to 1.
        seed: an integer for the same draws in each run.
    """

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a float value between 0 and "
                f"1. Received: rate={rate}"
            )
        self.rate = rate
        self.seed = seed
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
