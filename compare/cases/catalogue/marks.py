"""Marks cases: where Keras is left out, and where the gradient is not the derivative."""

from __future__ import annotations

from dataclasses import replace

from compare.cases.case import BACKENDS, Case, KnownDifference

TENSORFLOW, JAX, TORCH = ((name,) for name in BACKENDS)


def with_constant_part(case: Case, why: str) -> Case:
    """The case, marked: its gradient is not the derivative, as a part is held constant."""
    return replace(case, held_constant=why)


def without_keras(case: Case, why: str, on: tuple[str, ...] = BACKENDS, *quantities: str) -> Case:
    """The case, marked: not compared with Keras on these backends.

    `quantities` are the beginnings of the names of those left out; without them, all are.
    """
    more = (KnownDifference(quantity, why, on) for quantity in quantities or ("",))
    return replace(case, known_differences=(*case.known_differences, *more))
