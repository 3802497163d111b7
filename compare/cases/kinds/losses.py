"""Runs a loss: its value and its gradient to the predictions."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.kinds.shared import DifferentiableInputs, configuration, dtype, gradients
from compare.libraries.library import Library


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a loss. Inputs: labels, predictions and, in some cases, sample weights."""
    loss = library.find(f"losses.{case.name}")(**library.resolve(dict(case.settings)))
    differentiable = DifferentiableInputs(library, case)

    def function(*tensors: Any) -> list:
        return [loss(*differentiable.with_tensors(list(map(library.narrowed, tensors))))]

    value = function(*map(library.tensor, differentiable.arrays))[0]
    return {
        **configuration(library, loss),
        "type": dtype(value),
        "value": library.numpy(value),
        **gradients(library, case, function, differentiable),
    }
