"""Compares what a program printed and how it trained, on two libraries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

ABSENT = "(nothing)"
SMALL = 0.01  # printed fractions below this are compared as if they were this large
TINY = 1e-6  # the same of metrics


class Place(NamedTuple):
    """Where in the trainings a number was found: the number of the `fit`, the epoch, the metric."""

    fit: int
    epoch: int
    metric: str

    def __str__(self) -> str:
        return f"fit {self.fit}, epoch {self.epoch}: {self.metric}"


def differences(ours: dict, keras: dict, within: float, part: float) -> list[dict[str, Any]]:
    """A row for each value of either result: first of the trainings in their order, then printed.

    Fractions may differ by `within`, relative to the larger one of both; in a training plus a
    small `part` of the way that the metric has gone. So a late loss is compared with itself.
    """
    rows = [
        _row(str(place), a, b, TINY + part * way, within) | {"place": list(place)}
        for place, a, b, way in _trainings(ours.get("fit", []), keras.get("fit", []))
    ]
    mine, theirs = leaves(ours.get("printed", {})), leaves(keras.get("printed", {}))
    for what in dict.fromkeys([*theirs, *mine]):
        a, b = mine.get(what, ABSENT), theirs.get(what, ABSENT)
        rows.append(_row(f"printed {what}".strip(), a, b, SMALL, within) | {"place": None})
    return rows


def _trainings(ours: list, keras: list) -> Iterator[tuple[Place, Any, Any, float]]:
    """Each metric of each epoch of each fit, of both, and how far the metric has gone."""
    empty: dict[str, Any] = {"epochs": [], "metrics": {}}
    for number in range(max(len(ours), len(keras))):
        a, b = (runs[number] if number < len(runs) else empty for runs in (ours, keras))
        names = dict.fromkeys([*b["metrics"], *a["metrics"]])
        epochs = b["epochs"] if len(b["epochs"]) >= len(a["epochs"]) else a["epochs"]
        for i, epoch in enumerate(epochs):
            for name in names:
                mine, theirs = (run["metrics"].get(name, []) for run in (a, b))
                if i >= max(len(mine), len(theirs)):  # such as a validation every other epoch
                    continue
                way = max(theirs) - min(theirs) if theirs else 0.0
                values = (values[i] if i < len(values) else ABSENT for values in (mine, theirs))
                yield Place(number + 1, epoch, name), *values, way


def _row(what: str, ours: Any, keras: Any, size: float, within: float) -> dict[str, Any]:
    difference = None
    if _is_number(ours) and _is_number(keras):
        difference = abs(ours - keras) / (max(abs(ours), abs(keras)) + size)
    fraction = isinstance(ours, float) or isinstance(keras, float)
    holds = ours == keras or (fraction and difference is not None and difference <= within)
    return {
        "what": what,
        "minicnn": ours,
        "keras": keras,
        "difference": difference,
        "limit": within if fraction else 0.0,
        "holds": holds,
    }


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """The values of nested lists and dicts, by their paths."""
    if isinstance(value, dict):
        items = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
    else:
        return {path: value}
    return {where: leaf for key, item in items for where, leaf in leaves(item, key).items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
