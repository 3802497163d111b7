"""Dropout of whole channels."""

from __future__ import annotations

from typing import Any

from minicnn import random
from minicnn.common import configuration
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.regularization.base_dropout import BaseDropout


class BaseSpatialDropout(BaseDropout):
    """Dropout of whole channels: all positions of a channel are kept or dropped together."""

    rank: int

    def __init__(
        self, rate: float, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(rate, seed, **kwargs)
        self.data_format = configuration.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops channels, in training."""
        if not training or self.rate == 0:
            return inputs
        positions = (1,) * self.rank
        batch, channels = inputs.shape[0], inputs.shape[-1]
        noise_shape = (batch, *positions, channels)
        if self.rank > 1 and self.data_format == "channels_first":
            noise_shape = (batch, inputs.shape[1], *positions)
        return random.dropout(inputs, self.rate, noise_shape=noise_shape, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        """The arguments that Keras's layers of this name take; not `noise_shape`."""
        config = {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}
        return config if self.rank == 1 else {**config, "data_format": self.data_format}


class SpatialDropout1D(BaseSpatialDropout):
    """Drops whole channels of `(batch, steps, channels)` in training.

    The other channels are scaled to keep the mean. Formula: see
    `SpatialDropout2D`.

    Args:
        rate: the share of the channels that is dropped.
        seed: an integer for the same masks in each run.

    Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
    """

    rank = 1

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any):
        super().__init__(rate, seed=seed, **kwargs)


class SpatialDropout2D(BaseSpatialDropout):
    """Drops whole channels of `(batch, height, width, channels)` in training.

    The other channels are scaled to keep the mean.

    `y[n, p, c] = x[n, p, c] · m[n, c] / (1 − rate)`, where each element of m is 0 with probability
    `rate`, else 1.

    Backward: `x̄[n, p, c] = ȳ[n, p, c] · m[n, c] / (1 − rate)`, with the same m.

    Args:
        rate: the share of the channels that is dropped.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for the same masks in each run.

    Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
    """

    rank = 2

    def __init__(
        self, rate: float, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(rate, seed=seed, data_format=data_format, **kwargs)


class SpatialDropout3D(BaseSpatialDropout):
    """Drops whole channels of `(batch, depth, height, width, channels)` in training.

    The other channels are scaled to keep the mean. Formula: see
    `SpatialDropout2D`.

    Args:
        rate: the share of the channels that is dropped.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer for the same masks in each run.
    """

    rank = 3

    def __init__(
        self, rate: float, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(rate, seed=seed, data_format=data_format, **kwargs)
