"""Our layers beside those of real Keras: differences, and what of them rounding decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis.explanations.output_rules import MAXIMA
from minicnn.analysis.gradient_ties import (
    BEFORE_ACTIVATION,
    ROUNDING,
    Place,
    Undecided,
    reached,
    undecided,
)
from minicnn.analysis.recorded_gradients import RecordedGradients
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import Tensor

LARGEST_ROUNDING = 1e-4
"""Numbers that differ by more, in parts of the largest, are not the same up to rounding."""
KINKS = (-1.0, 0.0, 1.0, 6.0)
"""Outputs at which activations have kinks."""


class Comparison:
    """A computation beside the same one in Keras.

    Attributes:
        ties: for each layer with ties that the two decide differently: `layer`, `count`, and of
            `what`, "window" or "number".
    """

    def __init__(self, found: RecordedGradients, x: np.ndarray, theirs: dict[str, Any]):
        self._found, self._theirs = found, theirs
        self._reached: dict[str, np.ndarray] = {}
        self._input_reached: np.ndarray | None = None
        self.ties: list[dict[str, Any]] = []
        self._find_ties(x)

    def row(self, call: Call) -> dict[str, Any] | None:
        """A layer that both have; None for one inside of another or called several times."""
        output = self._theirs["outputs"].get(call.name)
        if output is None:
            return None
        own = self._found.of(self._found.differentiated(call))
        gradient = self._theirs["gradients"].get(call.name)
        backward, left_out = difference(own, gradient, self._reached.get(call.name))
        return {
            "name": call.name,
            "class": type(call.layer).__name__,
            "forward": difference(call.outputs[0].numpy(), output)[0],
            "backward": backward,
            "left_out": left_out,
        }

    def to_input(self) -> dict[str, Any]:
        """The gradient to the input."""
        own = self._found.of(self._found.recorded.inputs[0])
        backward, left_out = difference(own, self._theirs["to_input"], self._input_reached)
        return {"backward": backward, "left_out": left_out}

    def _find_ties(self, x: np.ndarray) -> None:
        """From the last layer to the first: a gradient that goes elsewhere changes all before."""
        where: dict[Place, np.ndarray] = {}
        recorded = self._found.recorded
        for call in reversed(recorded.inmost):
            count = 0
            for tie in undecided(call, self._rounding(call)):
                mask = tie.where & self._is_decided_otherwise(tie)
                if mask.any():
                    where[tie.place] = mask
                    count += max((mask & tie.chosen).sum(), (mask & ~tie.chosen).sum())
            if count:
                what = "window" if isinstance(call.layer, MAXIMA) else "number"
                self.ties.insert(0, {"layer": call.name, "count": int(count), "what": what})
                self._reached, self._input_reached = reached(recorded.model, x, where)

    def _is_decided_otherwise(self, tie: Undecided) -> Any:
        """For each number whether Keras gives it another gradient than a later tie explains."""
        call = tie.call
        if tie.which == BEFORE_ACTIVATION:
            own, theirs = call.outputs[0].numpy(), self._theirs["outputs"].get(call.name)
            if not _fit(own, theirs):
                return True
            return np.any([np.sign(own - k) != np.sign(theirs - k) for k in KINKS], axis=0)
        tensor = call.inputs[tie.which]
        own, theirs = self._found.of(tensor), self._of("gradients", "to_input", tensor)
        if not _fit(own, theirs):
            return True
        already = self._reached.get(self._found.recorded.source_of(tensor), False)
        return (np.abs(own - theirs) > ROUNDING * np.abs(theirs).max(initial=0)) & ~np.bool_(
            already
        )

    def _rounding(self, call: Call) -> float:
        """How far apart the numbers that a call gets are, as far as rounding explains it."""
        pairs = [(x.numpy(), self._of("outputs", "input", x)) for x in call.inputs]
        found = [difference(own, theirs)[0] for own, theirs in pairs if _fit(own, theirs)]
        return float(np.clip(2 * max(found, default=0), ROUNDING, LARGEST_ROUNDING))

    def _of(self, kind: str, input: str, tensor: Tensor) -> np.ndarray | None:
        """What Keras has for a tensor; None where it is not known."""
        recorded = self._found.recorded
        if any(tensor is x for x in recorded.inputs):
            return self._theirs.get(input)
        return self._theirs[kind].get(recorded.source_of(tensor))


def difference(
    own: np.ndarray | None, theirs: np.ndarray | None, left_out: np.ndarray | None = None
) -> tuple[float | None, int]:
    """The largest difference in parts of the largest number, and how many are left out of it."""
    if not _fit(own, theirs):
        return None, 0
    size = float(np.abs(theirs).max(initial=0)) or 1.0
    apart = np.abs(own.astype("float64") - theirs) / size
    if left_out is None or not left_out.any():
        return float(apart.max(initial=0)), 0
    rest = apart[~left_out]
    return (float(rest.max()) if rest.size else None), int(left_out.sum())


def _fit(own: np.ndarray | None, theirs: np.ndarray | None) -> bool:
    return own is not None and theirs is not None and own.shape == theirs.shape
