"""Quantiles of data that come batch by batch, from a few of its numbers."""

from __future__ import annotations

import numpy as np


class Quantiles:
    """Numbers that represent all that were added, each with how many it stands for.

    A sorted batch is cut into about 1/ε parts of equal length; the last number of each represents
    it. When there are more than 1/ε numbers, they are replaced by as many that divide the whole
    weight evenly, between neighbours by a straight line.

    Args:
        epsilon: ε.

    Example:
        >>> quantiles = Quantiles(0.01)
        >>> quantiles.add(np.arange(8.0, dtype="float32"))
        >>> quantiles.boundaries(4)
        [1.0, 3.0, 5.0]
    """

    def __init__(self, epsilon: float):
        self.epsilon = epsilon
        self.numbers, self.weights = np.zeros((2, 0), "float32")

    def add(self, batch: np.ndarray) -> None:
        """Takes in the numbers of a batch, of any shape."""
        values = np.sort(batch, axis=None)
        step = max(values.size * self.epsilon, 1)
        kept = values[int(step - 1) :: int(step)]
        numbers = np.concatenate([kept, self.numbers])
        weights = np.concatenate([np.full(kept.shape, step, "float32"), self.weights])
        order = np.argsort(numbers)
        self.numbers, self.weights = evenly(numbers[order], weights[order], self.epsilon)

    def boundaries(self, bins: int) -> list[float]:
        """The numbers that divide all into `bins` parts of equal weight."""
        return evenly(self.numbers, self.weights, 1 / bins)[0][:-1].tolist()


def evenly(numbers: np.ndarray, weights: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers each of which stands for a `share` of the whole weight, and their weights.

    Fewer numbers than 1 / share stay as they are.
    """
    if numbers.size * share < 1:
        return numbers, weights
    shares = share + np.arange(0.0, 1.0, share)
    total = weights.cumsum()
    reached = np.interp(shares, total / total[-1], total)
    between = np.interp(shares, total / total[-1], numbers)
    return between.astype("float32"), np.diff(reached, prepend=0).astype("float32")
