"""Dropout: random elements set to zero."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.regularization.base_dropout import BaseDropout


class Dropout(BaseDropout):
    """In training, sets random elements to zero and scales the others to keep the mean.

    Outside of training nothing changes. The network cannot rely on single elements.

    `y = x · m / (1 − rate)`, where each element of m is 0 with probability `rate`, else 1.

    Backward: `x̄ = ȳ · m / (1 − rate)`, with the same m.

    Args:
        rate: the share of the elements that is dropped, from 0 up to 1.
        noise_shape: the shape of m, with 1 for axes whose elements are dropped togetherand
            None for the input's own length.
        seed: an integer for the same masks in each run.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting"
    (2014).
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = None if noise_shape is None else _check_noise_shape(noise_shape)

    settings = settings_of(__init__)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops elements, in training."""
        if not training or self.rate == 0:
            return inputs
        return random.dropout(
            inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed_generator
        )


def _check_noise_shape(noise_shape: Any) -> tuple:
    wrong = "Invalid value received for argument `noise_shape`. Expected"
    if not isinstance(noise_shape, (tuple, list)):
        raise ValueError(f"{wrong} a tuple or list of integers. Received: {noise_shape!r}")
    if not all(n is None or isinstance(n, int) for n in noise_shape):
        raise ValueError(f"{wrong} all elements to be integers or None. Received: {noise_shape}")
    if not all(n is None or n > 0 for n in noise_shape):
        raise ValueError(
            f"{wrong} all dimensions to be positive integers or None. Received: {noise_shape}"
        )
    return tuple(noise_shape)
