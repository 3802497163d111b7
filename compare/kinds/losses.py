"""A loss: its value and its gradient to the predictions."""

from __future__ import annotations

from typing import Any

from compare.case import Case
from compare.kinds.shared import Slots, described, dtype, gradients
from compare.libraries.library import Library


def run(library: Library, case: Case) -> dict[str, Any]:
    """All about a loss. The inputs are labels and predictions, and sample weights if there are."""
    loss = library.find(f"losses.{case.name}")(**library.made(dict(case.settings)))
    slots = Slots(library, case)

    def function(*tensors: Any) -> list:
        return [loss(*slots.filled(tensors))]

    value = function(*map(library.tensor, slots.arrays))[0]
    return {
        **described(library, loss),
        "type": dtype(value),
        "value": library.numpy(value),
        **gradients(library, case, function, slots),
    }
