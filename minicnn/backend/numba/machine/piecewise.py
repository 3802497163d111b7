"""Applies NumPy's formulas to large arrays piece by piece, on several threads.

Each step of a formula reads and writes a whole array. If the array is small enough to stay in the
processor's cache between the steps, the same lines are several times as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from minicnn.backend.numba.compiler.compile import same_float
from minicnn.backend.numba.machine.threads import cut, for_pieces

PIECE = 16_384  # elements
LARGE = 2 * PIECE


def piecewise(formula: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Decorator: applies an elementwise `formula(x, *settings)` to pieces of a large array."""

    @wraps(formula)
    def run(x: np.ndarray, *settings, **named_settings) -> np.ndarray:
        if not isinstance(x, np.ndarray) or x.size < LARGE or not same_float(x):
            return formula(x, *settings, **named_settings)
        y = np.empty(x.shape, x.dtype)
        source, target = x.reshape(-1), y.reshape(-1)

        def task(_: int, start: int, stop: int) -> None:
            for first in range(start, stop, PIECE):
                part = slice(first, min(first + PIECE, stop))
                target[part] = formula(source[part], *settings, **named_settings)

        for_pieces(task, cut(x.size, PIECE))
        return y

    return run
