"""Classes along another axis by classes along the last: the axis is moved before the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compare.cases import kinds
from compare.cases.case import Case
from compare.judges.opinion import Opinion
from compare.libraries.library import Library

JUDGE = "Keras, last axis"
CALLS = {"losses": "call", "metrics": "update_state"}


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """All quantities of a loss or metric of sparse labels, except its configuration."""
    if case.kind not in CALLS or not case.name.startswith("Sparse") or "axis" not in case.settings:
        return
    moved: Library = type("Moved", (Moved, type(library)), {})()
    found = kinds.run(moved, case)
    yield Opinion(JUDGE, {n: x for n, x in found.items() if not n.startswith("config")}, None)


class Moved(Library):
    """A library whose losses and metrics of sparse labels take classes along the last axis."""

    def find(self, name: str) -> Any:
        """The class, which moves the axis of the predictions."""
        found, module = super().find(name), name.partition(".")[0]
        return _moved(self.keras.ops, found, CALLS[module]) if module in CALLS else found


def _moved(ops: Any, base: type, method: str) -> type:
    """A subclass of a class of Keras with the axis moved before the method is called."""

    def start(self: Any, axis: int, **settings: Any) -> None:
        base.__init__(self, **settings)
        self.axis = axis

    def called(self: Any, y_true: Any, y_pred: Any, *weights: Any) -> Any:
        return getattr(base, method)(self, y_true, ops.moveaxis(y_pred, self.axis, -1), *weights)

    def copied(self: Any) -> dict[str, Any]:
        return {**base.get_config(self), "axis": self.axis}

    return type(base.__name__, (base,), {"__init__": start, method: called, "get_config": copied})
