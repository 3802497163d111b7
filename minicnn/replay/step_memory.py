"""The attribute of a model that holds its recorded steps. A copy of the model has none."""

from __future__ import annotations

from typing import Any

ATTRIBUTE = "_recorded_steps"


class StepMemory:
    """Recorded steps by the name of their method; see `remembered.py`."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}

    def __deepcopy__(self, memo: dict) -> StepMemory:
        return StepMemory()

    def __reduce__(self) -> tuple:
        return StepMemory, ()
