"""Runs an optimizer: the weights after each of several steps, and its own state at the end."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.kinds.shared import configuration
from compare.libraries.library import Library

STEPS = 7


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of an optimizer. The inputs are the weights that it updates."""
    keras = library.keras
    optimizer = library.find(f"optimizers.{case.name}")(**library.resolve(dict(case.settings)))
    found: dict[str, Any] = configuration(library, optimizer)
    starting = library.values(case.inputs, case.label)
    weights = [
        keras.Variable(x, dtype=str(x.dtype), name=f"weight{i}") for i, x in enumerate(starting)
    ]
    for step in range(STEPS):
        drawn = library.values(case.inputs, f"{case.label}/gradient {step}")
        optimizer.apply([library.narrowed(library.tensor(g)) for g in drawn], weights)
        for i, weight in enumerate(weights):
            found[f"weight {i} after step {step}"] = library.numpy(weight)
    optimizer.finalize_variable_values(weights)
    for i, variable in enumerate([*weights, *optimizer.variables]):
        found[f"state {i}"] = library.numpy(variable)
    return found
