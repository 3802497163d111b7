"""How a line of the tables of operations is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compare.case import Case


def op(name: str, *inputs: Any, keras: tuple[str, str] | None = None, **settings: Any) -> Case:
    """A call `ops.name(*inputs, **settings)`; numbers and tuples are passed as they are."""
    return Case("ops", name, inputs, settings, keras=keras)


def lacking(case: Case, why: str) -> Case:
    """The same case, without Keras."""
    return replace(case, keras=("", why))
