"""Compares the steps of one training, and keeps what the verdict needs of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from compare.sensitivity import Sensitivity, by_kind, smallest_noticed, summary
from compare.training.branches import Allowance, ExactModel
from compare.training.cases import Case
from compare.training.limits import Limits
from compare.training.step import (
    State,
    Step,
    change,
    kind_of,
    least_rounding,
    measure,
    names,
    sizes,
)
from compare.training.train import Batch, StepInKeras

SAMPLES = 8  # steps in the second half of the training, whose sensitivity is measured


class Judge:
    """What a step is held to: the wanted change, the limits, and the allowance at kinks."""

    def __init__(
        self,
        found: list[np.ndarray],
        wanted: list[np.ndarray],
        limits: np.ndarray,
        allowance: Allowance | None = None,
    ):
        self.wanted, self.limits, self.allowance = wanted, limits, allowance
        self._found = found
        self._fit = allowance.fit(found, wanted, limits) if allowance else None
        self._plain = measure(found, wanted)

    def distances(self, which: Collection[int] = (), factor: float = 1.0) -> np.ndarray:
        """The `measure` of what is not allowed if the quantities `which` are multiplied."""
        if self._fit:
            return self._fit.distances(which, factor)
        distances = self._plain.copy()
        for i in which:
            distances[i] = measure([self._found[i] * factor], [self.wanted[i]])
        return distances

    def notices(self, which: Collection[int] = (), factor: float = 1.0) -> bool:
        """Whether a quantity is outside its limits; NaN is."""
        return not (self.distances(which, factor) <= self.limits).all()


class Comparison:
    """All steps of one training so far."""

    def __init__(
        self, case: Case, weights: Sequence[str], variables: Sequence[str], steps: int
    ) -> None:
        self.names = names(weights, variables)
        self._case, self._limits, self._updates = case, Limits(), range(1, 1 + len(weights))
        self._exact: ExactModel | None = None
        self._unexplained = False
        self._steps: list[dict[str, Any]] = []
        self._kinks: list[dict[str, Any]] = []
        self._sampled = set(np.linspace(steps // 2, steps - 1, SAMPLES).astype(int).tolist())
        self._noticed: dict[int, dict[int, float | None]] = {}

    def add(self, before: State, batch: Batch, ours: Step, keras: StepInKeras) -> None:
        """Compare one more step."""
        wanted, found = change(before, keras.step), change(before, ours)
        size = sizes(wanted)
        limit = self._limits.of_step(
            keras.rounding, keras.settings, size, least_rounding(before, keras.step, wanted)
        )
        judge = Judge(found, wanted, limit)
        if judge.notices() and all(np.isfinite(a).all() for a in found):
            judge = self._at_kinks(judge, found, before, batch)
        if len(self._steps) in self._sampled:
            self._noticed[len(self._steps) + 1] = _sensitivities(judge, self._updates)
        distances = judge.distances()
        self._steps.append(_numbers(ours, keras.step, distances, limit, size))

    def _at_kinks(
        self, judge: Judge, found: list[np.ndarray], before: State, batch: Batch
    ) -> Judge:
        """The judge with the allowance at kinks, if it explains the step.

        Units that only the error of a convolution algorithm reaches are many, so they are the
        second attempt. After a step that nothing explains, the verdict is clear.
        """
        self._exact = self._exact or ExactModel(self._case)
        for algorithms in () if self._unexplained else (False, True):
            allowance = self._exact.allowance(before, batch, algorithms)
            tolerant = Judge(found, judge.wanted, judge.limits, allowance)
            if not tolerant.notices():
                if allowance.units:
                    units = [f"{u.operation} {u.call + 1}" for u in allowance.units]
                    self._kinks.append({"step": len(self._steps) + 1, "units": units})
                return tolerant
        self._unexplained = True
        return judge

    def verdict(self) -> dict[str, Any]:
        """The verdict, with the numbers that it is based on."""
        shares = np.array([step["shares"] for step in self._steps])
        outside = np.flatnonzero((shares > 1).any(axis=1))
        first = (
            self._at(int(outside[0]), int(shares[outside[0]].argmax())) if outside.size else None
        )
        step, which = np.unravel_index(shares.argmax(), shares.shape)
        return {
            "holds": first is None,
            "wrong": _sentence(first) if first else None,
            "first outside": first,
            "at most": self._at(int(step), int(which)),
            "kinks": self._kinks,
            "sensitivity": self._sensitivity(),
            "curves": self._curves(),
        }

    def _at(self, number: int, which: int) -> dict[str, Any]:
        """The numbers of one quantity in one step (the first step is 1)."""
        step = self._steps[number]
        return {
            "step": number + 1,
            "tensor": self.names[which],
            "difference": float(step["differences"][which]),
            "band": float(step["limits"][which]),
            "share": float(step["shares"][which]),
        }

    def _sensitivity(self) -> dict[str, Any]:
        """The smallest factors noticed, in the sharpest of the sampled steps; "steps" has each."""
        labels = ["learning rate", *self.names]
        found = [
            Sensitivity(label, min((s[i] for s in steps if s[i]), default=None))
            for i, label in enumerate(labels)
            if (steps := [s for s in self._noticed.values() if i in s])
        ]
        rate, *single = found
        return {
            "learning rate": rate._asdict(),
            **by_kind((kind_of(s.quantity), s) for s in single),
            "steps": [
                {"step": step, **summary(Sensitivity(labels[i], x) for i, x in noticed.items())}
                for step, noticed in self._noticed.items()
            ],
        }

    def _curves(self) -> dict[str, list[float]]:
        weights = slice(self._updates.start, self._updates.stop)

        def together(key: str) -> list[float]:
            sized = [
                (s[key][weights] * s["sizes"][weights], s["sizes"][weights]) for s in self._steps
            ]
            return [float(np.linalg.norm(d) / (np.linalg.norm(n) or 1)) for d, n in sized]

        return {
            "loss minicnn": [step["loss minicnn"] for step in self._steps],
            "loss keras": [step["loss keras"] for step in self._steps],
            "loss band": [float(s["limits"][0] * s["sizes"][0]) for s in self._steps],
            "weights difference": together("differences"),
            "weights band": together("limits"),
            "share": [float(step["shares"].max()) for step in self._steps],
        }


def _numbers(
    ours: Step, keras: Step, distances: np.ndarray, limits: np.ndarray, size: np.ndarray
) -> dict[str, Any]:
    """What is kept of a step: of the two measures of each quantity, the one nearer to its limit."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(distances == 0, 0, distances / limits)
    shares = np.nan_to_num(shares, nan=np.inf, posinf=np.inf)
    rows, nearest = np.arange(len(shares)), shares.argmax(axis=1)
    scale = np.where(size > 0, size, 1)
    return {
        "loss minicnn": ours.loss,
        "loss keras": keras.loss,
        "shares": shares[rows, nearest],
        "differences": distances[rows, nearest] / scale,
        "limits": limits[rows, nearest] / scale,
        "sizes": size,
    }


def _sensitivities(judge: Judge, updates: range) -> dict[int, float | None]:
    """The smallest factors that are noticed: on all updates at once, then on each quantity.

    Those of quantities that the step does not change are left out.
    """
    groups: list[Collection[int]] = [updates, *([i] for i in range(len(judge.wanted)))]
    return {
        number: smallest_noticed(lambda factor, group=group: judge.notices(group, factor))
        for number, group in enumerate(groups)
        if any(judge.wanted[i].any() for i in group)
    }


def _sentence(first: dict[str, Any]) -> str:
    return (
        f"step {first['step']}: {first['tensor']} is off by {first['difference']:.1e}, of which "
        f"float32 explains {first['band']:.1e}"
    )
