"""The difference that float32 explains, for each quantity of a step."""

from __future__ import annotations

from collections import deque

import numpy as np

from compare.errors import ALLOWED

WINDOW = 20  # steps, whose typical rounding is the least that a step's rounding counts as
SETTINGS = 2.0  # times the effect of rounding the optimizer's settings once


class Limits:
    """Computes the limits of one step after the other.

    Rounding is measured on Keras, by repeating each step with perturbed numbers. The difference of
    two libraries may be `ALLOWED` times as large. A repetition may cross a kink of ReLU, and then
    it is far away; so a step counts the nearest of its repetitions. A single number may be near by
    chance; so it counts at least the median of the last steps, relative to their sizes.
    """

    def __init__(self) -> None:
        self._recent: deque[np.ndarray] = deque(maxlen=WINDOW)

    def of_step(
        self, rounding: np.ndarray, settings: np.ndarray, sizes: np.ndarray, least: np.ndarray
    ) -> np.ndarray:
        """The limits `(quantities, 2)`; see `step.measure` and `train.StepInKeras`."""
        scale = np.where(sizes > 0, sizes, 1)[:, None]
        self._recent.append(rounding / scale)
        typical = np.median(np.concatenate(self._recent), axis=0)
        smooth = np.maximum(rounding.min(axis=0), typical * sizes[:, None])
        return ALLOWED * smooth + SETTINGS * settings + least
