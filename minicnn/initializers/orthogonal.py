"""The initializer of orthogonal weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn import random
from minicnn.autodiff import Tensor
from minicnn.initializers.random_initializers import RandomInitializer


class Orthogonal(RandomInitializer):
    """A random orthogonal matrix times `gain`.

    Q of the QR decomposition of a matrix of normal numbers, its columns' signs chosen so that R
    has a positive diagonal, which makes every rotation equally likely. A kernel
    (*kernel_size, inputs, outputs) is the matrix (places · inputs, outputs). The shorter of rows
    and columns are orthonormal. Source: Saxe et al., "Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks" (2014).

    Args:
        gain: factor of all values.
        seed: a whole number, a `SeedGenerator`, or None.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None):
        self.gain = gain
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={tuple(shape)} of rank {len(shape)}. Use another initializer for it."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        sample = random.normal(tall, dtype=dtype, seed=self.seed).array
        q, r = np.linalg.qr(sample.astype("float64"))
        q = q * np.where(np.diagonal(r) < 0, -self.gain, self.gain)
        if rows < columns:
            q = q.T
        return Tensor(np.ascontiguousarray(q.reshape(shape), dtype=sample.dtype))

    def work(self, shape: tuple[int, ...]) -> int:
        """The time of a call, in multiples of the time of one random number."""
        shorter = min(math.prod(shape[:-1]), shape[-1]) if shape else 0
        return math.prod(shape) * max(1, shorter // 64)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "gain": self.gain}
