"""Makes a case of a call of an operation."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case


def op(name: str, *inputs: Any, **settings: Any) -> Case:
    """The case of the call `ops.name(*inputs, **settings)`; numbers and tuples stay as they are."""
    return Case("ops", name, inputs, settings)
