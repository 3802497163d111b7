"""An operation: its value, type and gradients."""

from __future__ import annotations

from typing import Any

from compare.case import Case
from compare.kinds.shared import Slots, dtype, floating, gradients
from compare.libraries.library import Library


def run(library: Library, case: Case) -> dict[str, Any]:
    """All about a call of a function of `ops`."""
    operation = library.find(f"ops.{case.name}")
    settings, slots = library.made(dict(case.settings)), Slots(library, case)
    tree = library.keras.tree

    def function(*tensors: Any) -> list:
        return tree.flatten(operation(*slots.filled(tensors), **settings))

    outputs = function(*map(library.tensor, slots.arrays))
    found: dict[str, Any] = {"type": " ".join(map(dtype, outputs))}
    found |= {f"value {i}": library.numpy(y) for i, y in enumerate(outputs)}
    return found | gradients(library, case, lambda *x: floating(function(*x)), slots)
