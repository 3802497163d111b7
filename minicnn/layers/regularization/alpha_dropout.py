"""Dropout that keeps mean and variance, for networks of SELU units."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.regularization.base_dropout import BaseDropout

SATURATION = -1.6732632423543772 * 1.0507009873554805
"""The limit of SELU for large negative x: −α · λ."""


class AlphaDropout(BaseDropout):
    """In training, sets random elements to SELU's minimum α', then restores mean and variance.

    So a network of SELUs stays normalized.

    `y = a · (x · m + α' · (1 − m)) + b` with `a = ((1 − rate) · (1 + rate · α'²))^(−1/2)` and
    `b = −a · α' · rate`.

    Backward: `x̄ = a · m · ȳ`, with the same m.

    Args:
        rate: the share of the elements that is dropped.
        noise_shape: the shape of m, with 1 for axes whose elements are dropped together.
        seed: an integer for the same masks in each run.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017), "New dropout technique".
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = noise_shape

    settings = settings_of(__init__)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops elements, in training."""
        if not training or self.rate == 0:
            return inputs
        shape = inputs.shape
        if self.noise_shape is not None:
            shape = tuple(
                own if n is None else n
                for n, own in zip(self.noise_shape, inputs.shape, strict=True)
            )
        # Not in 16 bits, which have too few numbers close to 0 for a small rate.
        uniform = random.uniform(shape, seed=self.seed_generator)
        kept = ops.cast(ops.greater_equal(uniform, self.rate), inputs.dtype)
        a = ((1 - self.rate) * (1 + self.rate * SATURATION**2)) ** -0.5
        b = -a * SATURATION * self.rate
        return a * (inputs * kept + SATURATION * (1 - kept)) + b
