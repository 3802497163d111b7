"""Runs a metric: its result after each of several batches, and its state after the last."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.kinds.shared import configuration
from compare.libraries.library import Library

BATCHES = 3


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a metric. The inputs are those of `update_state`."""
    metric = library.find(f"metrics.{case.name}")(**library.resolve(dict(case.settings)))
    found: dict[str, Any] = configuration(library, metric)
    for batch in range(BATCHES):
        arrays = library.values(case.inputs, f"{case.label}/batch {batch}")
        metric.update_state(*map(library.tensor, arrays))
        for i, result in enumerate(library.keras.tree.flatten(metric.result())):
            found[f"result {i} after batch {batch}"] = library.numpy(result)
    for i, variable in enumerate(metric.variables):
        found[f"state {i} {variable.name}"] = library.numpy(variable)
    metric.reset_state()
    for i, variable in enumerate(metric.variables):
        found[f"reset {i} {variable.name}"] = library.numpy(variable)
    return found
