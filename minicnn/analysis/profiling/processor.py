"""How many multiply-adds a second this processor can do, as a product of matrices does."""

from __future__ import annotations

import functools
import time

import numpy as np

from minicnn import ops
from minicnn.common import configuration

SIZE, RUNS = 384, 40


def most_multiply_adds_a_second() -> float:
    """Multiply-adds a second of float32 in the product of two 384 × 384 matrices.

    Measured once for each backend and number of threads: the better of this library's and NumPy's
    product, the best of many runs, each so short that other programs rarely disturb it.
    """
    return _measured(configuration.backend(), configuration.threads())


@functools.cache
def _measured(backend: str, threads: int) -> float:
    random = np.random.default_rng(0)
    a, b = (random.random((SIZE, SIZE), "float32") for _ in range(2))
    best = float("inf")
    for product in (ops.matmul, np.matmul):
        product(a, b)
        for _ in range(RUNS):
            begin = time.perf_counter()
            product(a, b)
            best = min(best, time.perf_counter() - begin)
    return SIZE**3 / best
