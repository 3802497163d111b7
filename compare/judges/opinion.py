"""What an outside judge says about a case, and how minicnn's results are held to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.errors import error, share
from compare.judges.differences import Slopes

DOUBLE = 1e-9  # how far two computations in float64 may be from each other


@dataclass(frozen=True)
class Opinion:
    """What the quantities of a case must be: arrays, texts, and derivatives along directions.

    Attributes:
        judge: who says so, for the table.
        found: the quantities that it judges, by name.
        tolerance: the largest relative error of its numbers; None if it computes in float32,
            so that float32's limit holds.
    """

    judge: str
    found: dict[str, Any]
    tolerance: float | None = DOUBLE

    def objection(self, name: str, ours: Any, truth: Any, limits: np.ndarray) -> str | None:
        """What is wrong with a quantity.

        `ours` is minicnn's result, `limits` what float32 explains for each entry.
        """
        wanted = self.found[name]
        if isinstance(wanted, str) or isinstance(ours, str):
            return None if ours == wanted else f"minicnn has {ours!r}, {self.judge} {wanted!r}"
        largest = float(np.abs(truth).max(initial=0, where=np.isfinite(truth)))
        widest = float(limits.max(initial=0)) / (largest or 1)
        allowed = widest if self.tolerance is None else self.tolerance
        if isinstance(wanted, Slopes):
            off = wanted.distance(truth)
        else:
            off = error(np.asarray(truth), np.asarray(wanted)).relative
        if not off <= allowed:
            return f"the float64 truth is {off:.1g} from the {self.judge}, allowed is {allowed:.1g}"
        if self.tolerance is None and not isinstance(wanted, Slopes):
            return self._beyond(np.asarray(wanted), np.asarray(truth), limits)
        return None

    def _beyond(self, wanted: np.ndarray, truth: np.ndarray, limits: np.ndarray) -> str | None:
        most, place = share(wanted, truth, limits)
        if most <= 1:
            return None
        return (
            f"the float64 truth is {abs(wanted[place] - truth[place]):.1g} from the {self.judge} "
            f"in an entry of {truth[place]:.1g}, allowed is {limits[place]:.1g}"
        )
