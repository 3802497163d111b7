"""Runs an operation: its value, type, outline and gradients."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.kinds.outlines import outline
from compare.cases.kinds.shared import DifferentiableInputs, dtype, floating, gradients
from compare.libraries.library import Library


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a call of a function of `ops`."""
    operation = library.find(f"ops.{case.name}")
    settings, differentiable = (
        library.resolve(dict(case.settings)),
        DifferentiableInputs(library, case),
    )
    tree = library.keras.tree

    def function(*tensors: Any) -> list:
        return tree.flatten(operation(*differentiable.with_tensors(tensors), **settings))

    outputs = function(*map(library.tensor, differentiable.arrays))
    found: dict[str, Any] = {"type": " ".join(map(dtype, outputs))}
    found["outline"] = outline(
        library,
        case.name,
        lambda inputs: tree.flatten(operation(*inputs, **settings)),
        differentiable.with_tensors([library.tensor(x) for x in differentiable.arrays]),
        outputs,
    )
    found |= {f"value {i}": library.numpy(y) for i, y in enumerate(outputs)}
    return found | gradients(library, case, lambda *x: floating(function(*x)), differentiable)
