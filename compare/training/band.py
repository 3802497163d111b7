"""How far two trainings are apart, and how far float32 explains that they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.errors import ALLOWED, UNIT, wide

LOSS = "the loss"
SHARP = 1e-3
KINK = 4.0  # a neighbour so much further than in proportion has crossed a kink


@dataclass
class Comparison:
    """Two trainings side by side.

    Attributes:
        names: "the loss" and the names of the weights.
        ours, keras: the loss of each step.
        distances: of ours from Keras's, `(steps, names)`; see `distance`.
        spread: how far Keras's neighbours are from Keras, of the same shape; see `spread`.
        sizes: of Keras's numbers: the norms that the distances are relative to.
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

        They are `ALLOWED` times what rounding alone has made of Keras's own numbers up to this
        step, and one rounding of the number itself besides.
        """
        return ALLOWED * (np.maximum.accumulate(self.spread, axis=0) + UNIT * self.sizes)

    @property
    def shares(self) -> np.ndarray:
        """The distances over the band: above 1 is outside, as is what is no number (infinite)."""
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(self.distances / self.band, nan=np.inf, posinf=np.inf)

    @property
    def sharp(self) -> int:
        """For how many steps float32 explains at most `SHARP`, relative, of all weights together.

        A network with kinks drifts far in many steps. A comparison that is never sharp is none.
        """
        band = np.linalg.norm(self.band[:, 1:], axis=1) / self._total
        return int(np.argmax([*(band > SHARP), True]))

    @property
    def _total(self) -> np.ndarray:
        return np.linalg.norm(self.sizes[:, 1:], axis=1)

    def leaves(self) -> tuple[int, int] | None:
        """The first step outside the band, and what of it is furthest outside."""
        outside = np.flatnonzero((self.shares > 1).any(axis=1))
        if not outside.size:
            return None
        step = int(outside[0])
        return step, int(self.shares[step].argmax())

    def fullest(self, first: int = 0) -> tuple[int, int]:
        """From a step on: the step, and what of it, that comes closest to its band."""
        step, which = np.unravel_index(self.shares[first:].argmax(), self.shares[first:].shape)
        return first + int(step), int(which)

    def at(self, step: int, which: int) -> dict[str, Any]:
        """What there is to say of one quantity after one step (the first is 1)."""
        size = self.sizes[step, which]
        return {
            "step": step + 1,
            "tensor": self.names[which],
            "difference": float(self.distances[step, which] / size),
            "band": float(self.band[step, which] / size),
            "share": float(self.shares[step, which]),
        }

    def curves(self) -> dict[str, list[float]]:
        """For each step the two losses and what their difference may be, and the same of all
        weights together: their difference, and the spread of Keras's neighbours, relative.
        """
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
    """Of two steps: the difference of the losses, and of each weight its Euclidean norm."""
    norms = [np.linalg.norm(wide(x) - wide(y)) for x, y in zip(a.weights, b.weights, strict=True)]
    return np.array([abs(a.loss - b.loss), *norms])


def spread(distances: np.ndarray, places: Sequence[int], sizes: np.ndarray) -> np.ndarray:
    """How far rounding by one place takes Keras, at most.

    `distances` are those of the neighbours, `(neighbours, steps, names)`, and each is moved by so
    many places. Where all is smooth, 16 places make at most 16 times the distance, and it counts a
    sixteenth. At a kink, as in ReLU, rounding decides by chance on which side to go on, and how
    far that leads is not in proportion to it. As `ALLOWED` is 16, a neighbour that is moved by 16
    places may cross every kink that it crosses, and from there on counts in full.
    """
    near = [d for d, n in zip(distances, places, strict=True) if n == 1]
    smooth = np.maximum.accumulate(np.max(near, axis=0)) + UNIT * sizes
    return np.max([_counted(d, n, smooth) for d, n in zip(distances, places, strict=True)], axis=0)


def _counted(distances: np.ndarray, places: int, smooth: np.ndarray) -> np.ndarray:
    """Of one neighbour. The loss, one number, is too often near by chance to tell of a kink."""
    jumps = (distances > KINK * places * smooth)[:, 1:].any(axis=1)
    crossed = np.logical_or.accumulate(jumps)[:, None]
    return np.where(crossed, distances, distances / places)


def size(step: Any) -> np.ndarray:
    """What the distances of a step are relative to.

    A loss is a mean of logarithms, whose error is absolute, so its size is at least 1.
    """
    return np.array([max(1.0, abs(step.loss)), *(np.linalg.norm(wide(w)) for w in step.weights)])
