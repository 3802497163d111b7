"""What an outside judge says about a case, and how minicnn's results are held to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from compare.errors import error
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

    def objection(self, name: str, ours: Any, truth: Any, limit: float) -> str | None:
        """What is wrong with a quantity; `ours` is minicnn's result, `limit` that of float32."""
        wanted = self.found[name]
        if isinstance(wanted, str) or isinstance(ours, str):
            return None if ours == wanted else f"minicnn has {ours!r}, {self.judge} {wanted!r}"
        allowed = limit if self.tolerance is None else self.tolerance
        if isinstance(wanted, Slopes):
            off = wanted.distance(truth)
        else:
            off = error(np.asarray(truth), np.asarray(wanted)).relative
        if off <= allowed:
            return None
        return f"the float64 truth is {off:.1g} from the {self.judge}, allowed is {allowed:.1g}"
