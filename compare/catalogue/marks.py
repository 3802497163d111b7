"""What is special about a case: where Keras is left out, where the gradient is no derivative."""

from __future__ import annotations

from dataclasses import replace

from compare.case import BACKENDS, Case, Excuse

TENSORFLOW, JAX, TORCH = ((name,) for name in BACKENDS)


def holding(case: Case, why: str) -> Case:
    """The same case, whose gradient is not its derivative."""
    return replace(case, held=why)


def lacking(case: Case, why: str, on: tuple[str, ...] = BACKENDS, *quantities: str) -> Case:
    """The same case, without Keras on some backends, or without its quantities that begin so."""
    excuses = [Excuse(quantity, why, on) for quantity in quantities or ("",)]
    return replace(case, keras=(*case.keras, *excuses))
