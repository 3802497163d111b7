"""NumPy's formulas piece by piece, on several threads.

A formula of several steps reads and writes its whole array at each step. On pieces that stay in the
cache the same lines run several times as fast.
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
    """`formula(x, *settings)`, which treats each element alone, on pieces of a large array."""

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
