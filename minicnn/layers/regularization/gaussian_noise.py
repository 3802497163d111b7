"""Normally distributed noise added to the elements."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class GaussianNoise(Layer):
    """In training, adds normally distributed noise: `y = x + N(0, stddev²)`.

    Outside of training nothing changes.

    Backward: `x̄ = ȳ`

    Args:
        stddev: standard deviation of the noise.
        seed: an integer for the same noise in each run.
    """

    def __init__(self, stddev: float, seed: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= stddev <= 1:
            raise ValueError(
                "Invalid value received for argument `stddev`. Expected a float value between 0 "
                f"and 1. Received: stddev={stddev}"
            )
        self.stddev = stddev
        self.seed = seed
        if stddev > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    settings = settings_of(__init__)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Adds noise, if training."""
        if not training or self.stddev == 0:
            return inputs
        return inputs + random.normal(
            inputs.shape, stddev=self.stddev, dtype=self.compute_dtype, seed=self.seed_generator
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
