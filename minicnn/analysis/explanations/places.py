"""Elements of an array at positions along its axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def grid(positions: Mapping[int, Sequence[int]]) -> np.ndarray:
    """All combinations of positions, `(*lengths, axes)`.

    Args:
        positions: those along each axis, by the axis. The first one in the mapping becomes the
            first axis of the result; the numbers in the last axis stand in the order of the axes.

    >>> grid({1: [5, 6], 0: [0]}).tolist()
    [[[0, 5]], [[0, 6]]]
    """
    order = list(positions)
    grids = np.meshgrid(*positions.values(), indexing="ij")
    return np.stack([grids[order.index(axis)] for axis in range(len(order))], axis=-1)


def values_at(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The elements at these places, 0 outside (where a position is -1).

    >>> values_at(np.array([3.0, 4.0]), np.array([[1], [-1]])).tolist()
    [4.0, 0.0]
    """
    found = x[tuple(np.moveaxis(np.maximum(places, 0), -1, 0))]
    return np.where(is_inside(places), found, 0)


def is_inside(places: np.ndarray) -> np.ndarray:
    """Which places are not in the padding."""
    return (places >= 0).all(axis=-1)
