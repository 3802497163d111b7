"""Window functions of signal processing: weights that decrease towards both ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.common import dtypes
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "kaiser",
]


def _window(name: str, x: Any, *settings: Any) -> Tensor:
    if isinstance(x, KerasTensor):
        raise TypeError(
            f"{name.capitalize()} operation does not support symbolic tensors: the length of the "
            f"result is the value of x. Received input x = {x} of type {type(x)}"
        )
    return Tensor(getattr(np, name)(int(x), *settings).astype(dtypes.numpy_dtype(None)))


def bartlett(x: Any) -> Tensor:
    """The triangular window of x points: `1 - |2n/(x - 1) - 1|`."""
    return _window("bartlett", x)


def blackman(x: Any) -> Tensor:
    """The Blackman window of x points: `0.42 - 0.5 cos(2πn/(x - 1)) + 0.08 cos(4πn/(x - 1))`."""
    return _window("blackman", x)


def hamming(x: Any) -> Tensor:
    """The Hamming window of x points: `0.54 - 0.46 cos(2πn/(x - 1))`."""
    return _window("hamming", x)


def hanning(x: Any) -> Tensor:
    """The Hann window of x points: `0.5 - 0.5 cos(2πn/(x - 1))`."""
    return _window("hanning", x)


def kaiser(x: Any, beta: Any) -> Tensor:
    """The Kaiser window of x points: `I₀(β √(1 - (2n/(x - 1) - 1)²)) / I₀(β)`."""
    return _window("kaiser", x, float(beta))
