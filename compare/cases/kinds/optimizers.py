"""Runs an optimizer: what each of several steps adds to the weights, and its state at the end.

With `iterations` in its call it begins as after this number of steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.kinds.shared import configuration
from compare.cases.values import apart
from compare.libraries.library import Library

STEPS = 7


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of an optimizer. The inputs are the weights that it updates.

    The updates w_t − w_{t−1} are differences in float64, so that each has no error but that of its
    own step and of rounding w_t.
    """
    keras = library.keras
    optimizer = library.find(f"optimizers.{case.name}")(**library.resolve(dict(case.settings)))
    found: dict[str, Any] = configuration(library, optimizer)
    optimizer = library.with_rounded_powers(optimizer)
    starting = library.values(case.inputs, case.label)
    weights = [
        keras.Variable(x, dtype=str(x.dtype), name=f"weight{i}") for i, x in enumerate(starting)
    ]
    gradients = tuple(apart(*weight.shape) for weight in case.inputs)
    before = starting
    if "iterations" in case.call:
        optimizer.build(weights)
        optimizer.variables[0].assign(case.call["iterations"])
    for step in range(STEPS):
        drawn = library.values(gradients, f"{case.label}/gradient {step}")
        optimizer.apply([library.narrowed(library.tensor(g)) for g in drawn], weights)
        after = [np.array(library.numpy(weight)) for weight in weights]
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            found[f"update of weight {i} in step {step}"] = np.subtract(new, old, dtype="float64")
        before = after
    optimizer.finalize_variable_values(weights)
    for i, variable in enumerate([*weights, *optimizer.variables]):
        found[f"state {i}"] = library.numpy(variable)
    return found
