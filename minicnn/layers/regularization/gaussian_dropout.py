"""Elements multiplied by normally distributed noise."""

from __future__ import annotations

import math
from typing import Any

from minicnn import random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.regularization.base_dropout import BaseDropout


class GaussianDropout(BaseDropout):
    """In training, multiplies by normal noise of mean 1: `y = x · N(1, rate / (1 − rate))`.

    The mean stays as it is, so outside of training nothing changes.

    Backward: `x̄ = ȳ · N(1, rate / (1 − rate))`, with the numbers that were drawn before.

    Args:
        rate: as that of a `Dropout` with the same variance.
        seed: an integer for the same noise in each run.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting"
    (2014), section 10.
    """

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)

    settings = settings_of(__init__)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Scales the elements, if training."""
        if not training or self.rate == 0:
            return inputs
        return inputs * random.normal(
            inputs.shape,
            mean=1.0,
            stddev=math.sqrt(self.rate / (1.0 - self.rate)),
            dtype=self.compute_dtype,
            seed=self.seed_generator,
        )
