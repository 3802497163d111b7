"""An optimizer: the weights after each of some steps with given gradients, and its own state."""

from __future__ import annotations

from typing import Any

from compare.case import Case
from compare.kinds.shared import described
from compare.libraries.library import Library

STEPS = 7


def run(library: Library, case: Case) -> dict[str, Any]:
    """All about an optimizer. The inputs are the weights that it moves."""
    keras = library.keras
    optimizer = library.find(f"optimizers.{case.name}")(**library.made(dict(case.settings)))
    found: dict[str, Any] = described(library, optimizer)
    starting = library.values(case.inputs, case.label)
    weights = [
        keras.Variable(x, dtype=str(x.dtype), name=f"weight{i}") for i, x in enumerate(starting)
    ]
    for step in range(STEPS):
        drawn = library.values(case.inputs, f"{case.label}/gradient {step}")
        optimizer.apply([library.tensor(g) for g in drawn], weights)
        for i, weight in enumerate(weights):
            found[f"weight {i} after step {step}"] = library.numpy(weight)
    optimizer.finalize_variable_values(weights)
    for i, variable in enumerate([*weights, *optimizer.variables]):
        found[f"state {i}"] = library.numpy(variable)
    return found
