"""The order of samples, from the seed that the whole program shares."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff.seed_generator import draw_key


def permutation(count: int) -> np.ndarray:
    """The numbers from 0 to `count - 1` in random order, another one at every call."""
    return np.random.default_rng(draw_key(None)).permutation(count)
