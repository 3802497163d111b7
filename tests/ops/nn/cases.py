"""Windows of every odd kind, for convolution and pooling alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest


class Window(NamedTuple):
    """A convolution: shape of the inputs (channels last), kernel size, filters, settings."""

    input_shape: tuple
    kernel_size: tuple
    filters: int = 2
    groups: int = 1
    strides: int | tuple = 1
    padding: str = "valid"
    dilation_rate: int | tuple = 1
    data_format: str = "channels_last"

    @property
    def kernel_shape(self) -> tuple:
        return (*self.kernel_size, self.input_shape[-1] // self.groups, self.filters)

    @property
    def settings(self) -> dict:
        return {
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "data_format": self.data_format,
        }

    def inputs(self, rng: np.random.Generator, dtype: str = "float64") -> np.ndarray:
        """Random inputs in the layout of the case."""
        x = rng.standard_normal(self.input_shape).astype(dtype)
        return x if self.data_format == "channels_last" else np.moveaxis(x, -1, 1).copy()

    def kernel(self, rng: np.random.Generator, dtype: str = "float64") -> np.ndarray:
        """A random kernel."""
        return rng.standard_normal(self.kernel_shape).astype(dtype)


WINDOWS = {
    "plain": Window((2, 5, 6, 3), (3, 3)),
    "same": Window((2, 5, 6, 3), (3, 3), padding="same"),
    "even kernel, same": Window((2, 5, 6, 3), (2, 4), padding="same"),
    "strides, same": Window((2, 6, 7, 3), (3, 3), strides=2, padding="same"),
    "unequal strides": Window((2, 7, 6, 3), (3, 2), strides=(2, 1)),
    "stride larger than kernel": Window((2, 8, 7, 3), (2, 2), strides=3),
    "stride larger than kernel, same": Window((2, 8, 7, 3), (2, 1), strides=3, padding="same"),
    "1x1": Window((2, 4, 5, 3), (1, 1)),
    "1x1 with strides": Window((2, 4, 5, 3), (1, 1), strides=2),
    "kernel as large as the inputs": Window((2, 4, 5, 3), (4, 5)),
    "kernel larger than the inputs, same": Window((2, 2, 3, 2), (4, 5), padding="same"),
    "one image, one channel": Window((1, 5, 5, 1), (3, 3)),
    "dilation": Window((2, 7, 8, 2), (3, 2), dilation_rate=2),
    "dilation, same": Window((2, 6, 7, 2), (3, 3), dilation_rate=(2, 3), padding="same"),
    "groups": Window((2, 5, 6, 4), (3, 3), filters=6, groups=2),
    "as many groups as channels": Window((2, 5, 6, 3), (3, 2), filters=6, groups=3),
    "channels first": Window((2, 5, 6, 3), (3, 2), data_format="channels_first", strides=2),
    "channels first, same, groups": Window(
        (2, 5, 6, 4), (3, 3), 4, 2, padding="same", data_format="channels_first"
    ),
    "letter case": Window((2, 5, 6, 3), (3, 3), padding="SAME"),
    "1-D": Window((2, 9, 3), (3,), strides=2, padding="same"),
    "1-D, causal": Window((2, 9, 3), (3,), padding="causal"),
    "1-D, causal, dilated": Window((2, 9, 3), (3,), padding="causal", dilation_rate=2),
    "3-D": Window((1, 4, 5, 4, 2), (2, 3, 2), strides=(1, 2, 1), padding="same"),
}

over_windows = pytest.mark.parametrize("window", list(WINDOWS.values()), ids=list(WINDOWS))


def distinct(rng: np.random.Generator, shape: tuple, gap: float = 0.1) -> np.ndarray:
    """Values that differ by `gap` at least, and from 0 by half of that: away from all kinks."""
    size = int(np.prod(shape))
    return (gap * (rng.permutation(size) - size // 2 + 0.5)).reshape(shape)
