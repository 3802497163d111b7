"""Marks cases: where Keras is left out, and where the gradient is not the derivative."""

from __future__ import annotations

from dataclasses import replace

from compare.cases.case import BACKENDS, Case, KnownDifference
from compare.errors import UNIT

TENSORFLOW, JAX, TORCH = ((name,) for name in BACKENDS)


def with_constant_part(case: Case, why: str) -> Case:
    """The case, marked: its gradient is not the derivative, as a part is held constant."""
    return replace(case, held_constant=why)


def by_winograd(case: Case) -> Case:
    """The case of a large 3 × 3 convolution, marked: tiles of 4 × 4 lose some digits.

    `minicnn/backend/numba/conv/winograd/__init__.py` has the error: 5e-6 of the largest result.
    """
    return replace(case, algorithm_error=1e-5)


def of_long_sums(case: Case, terms: int = 30_000) -> Case:
    """The case, marked: TensorFlow adds this many numbers in float32, one by one.

    A sum of n roundings with random signs grows as √n; relative to the largest result.
    """
    return replace(case, algorithm_error=UNIT * terms**0.5)


def of_running_sums(case: Case) -> Case:
    """The case, marked: Keras adds the weights of evenly spaced thresholds up from the last.

    What is left of a large sum has the roundings of that sum, also where it is zero.
    """
    return replace(case, algorithm_error=64 * UNIT)


def without_keras(case: Case, why: str, on: tuple[str, ...] = BACKENDS, *quantities: str) -> Case:
    """The case, marked: not compared with Keras on these backends.

    `quantities` are the beginnings of the names of those left out; without them, all are.
    """
    more = (KnownDifference(quantity, why, on) for quantity in quantities or ("",))
    return replace(case, known_differences=(*case.known_differences, *more))
