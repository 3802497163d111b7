"""Measures the difference of two trainings, and the difference (band) that float32 explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.errors import ALLOWED, UNIT, wide

LOSS = "the loss"
NARROW = 1e-3
KINK = 4.0  # a perturbed training this many times further than in proportion crossed a kink


@dataclass
class Comparison:
    """The same training on minicnn and on Keras.

    Attributes:
        names: "the loss" and the names of the weights.
        ours, keras: the loss of each step.
        distances: between minicnn and Keras, `(steps, names)`; see `distance`.
        spread: between the perturbed trainings and Keras, of the same shape; see `spread`.
        sizes: the norms of Keras's numbers, which the distances are relative to.
    """

    names: list[str]
    ours: list[float]
    keras: list[float]
    distances: np.ndarray
    spread: np.ndarray
    sizes: np.ndarray

    @property
    def band(self) -> np.ndarray:
        """The distances that float32 explains.

        They are `ALLOWED` times the largest spread up to this step plus one rounding of the number
        itself.
        """
        return ALLOWED * (np.maximum.accumulate(self.spread, axis=0) + UNIT * self.sizes)

    @property
    def shares(self) -> np.ndarray:
        """The distances divided by the band: above 1 is outside; NaN counts as infinite."""
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(self.distances / self.band, nan=np.inf, posinf=np.inf)

    @property
    def narrow_steps(self) -> int:
        """The number of steps until the relative band of all weights exceeds `NARROW`.

        In many steps, trainings of a network with kinks become very different. A comparison with
        no narrow steps proves nothing.
        """
        band = np.linalg.norm(self.band[:, 1:], axis=1) / self._total
        return int(np.argmax([*(band > NARROW), True]))

    @property
    def _total(self) -> np.ndarray:
        return np.linalg.norm(self.sizes[:, 1:], axis=1)

    def first_outside(self) -> tuple[int, int] | None:
        """The first step outside the band and its quantity furthest outside, or None."""
        outside = np.flatnonzero((self.shares > 1).any(axis=1))
        if not outside.size:
            return None
        step = int(outside[0])
        return step, int(self.shares[step].argmax())

    def closest_to_band(self, first: int = 0) -> tuple[int, int]:
        """The step, from `first` on, and the quantity that are closest to the band."""
        step, which = np.unravel_index(self.shares[first:].argmax(), self.shares[first:].shape)
        return first + int(step), int(which)

    def at(self, step: int, which: int) -> dict[str, Any]:
        """The numbers of one quantity after one step (the first step is 1)."""
        size = self.sizes[step, which]
        return {
            "step": step + 1,
            "tensor": self.names[which],
            "difference": float(self.distances[step, which] / size),
            "band": float(self.band[step, which] / size),
            "share": float(self.shares[step, which]),
        }

    def curves(self) -> dict[str, list[float]]:
        """For each step: both losses and their band; difference and spread of all weights."""
        total = self._total
        return {
            "loss minicnn": self.ours,
            "loss keras": self.keras,
            "loss band": self.band[:, 0].tolist(),
            "weights difference": (np.linalg.norm(self.distances[:, 1:], axis=1) / total).tolist(),
            "weights spread": (np.linalg.norm(self.spread[:, 1:], axis=1) / total).tolist(),
            "share": self.shares.max(axis=1).tolist(),
        }


def distance(a: Any, b: Any) -> np.ndarray:
    """The distance of two steps: of the losses, then of each weight (Euclidean norm)."""
    norms = [np.linalg.norm(wide(x) - wide(y)) for x, y in zip(a.weights, b.weights, strict=True)]
    return np.array([abs(a.loss - b.loss), *norms])


def spread(distances: np.ndarray, places: Sequence[int], sizes: np.ndarray) -> np.ndarray:
    """The largest distance from Keras that rounding by one place explains, for each step.

    `distances` are those of the perturbed trainings, `(trainings, steps, names)`; `places` says by
    how many places each is perturbed. Where the network is smooth, 16 places make at most 16 times
    the distance, so a sixteenth of it counts. At a kink (of ReLU, for example) rounding decides on
    which side the training continues, and the distance is not in proportion to the perturbation.
    `ALLOWED` is 16, so rounding may cross every kink that a perturbation by 16 places crosses; from
    there on, the distance counts in full.
    """
    near = [d for d, n in zip(distances, places, strict=True) if n == 1]
    smooth = np.maximum.accumulate(np.max(near, axis=0)) + UNIT * sizes
    return np.max([_counted(d, n, smooth) for d, n in zip(distances, places, strict=True)], axis=0)


def _counted(distances: np.ndarray, places: int, smooth: np.ndarray) -> np.ndarray:
    """The distances that count, of one perturbed training.

    The loss does not show whether a kink was crossed: as a single number it may agree by chance.
    """
    jumps = (distances > KINK * places * smooth)[:, 1:].any(axis=1)
    crossed = np.logical_or.accumulate(jumps)[:, None]
    return np.where(crossed, distances, distances / places)


def size(step: Any) -> np.ndarray:
    """The sizes that the distances of a step are relative to: of the loss, then of each weight.

    A loss is a mean of logarithms, whose error is absolute, so its size is at least 1.
    """
    return np.array([max(1.0, abs(step.loss)), *(np.linalg.norm(wide(w)) for w in step.weights)])
