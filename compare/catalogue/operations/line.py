"""How a line of the tables of operations is written."""

from __future__ import annotations

from typing import Any

from compare.case import Case


def op(name: str, *inputs: Any, **settings: Any) -> Case:
    """A call `ops.name(*inputs, **settings)`; numbers and tuples are passed as they are."""
    return Case("ops", name, inputs, settings)
