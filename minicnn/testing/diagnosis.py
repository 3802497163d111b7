"""Says what a wrong gradient looks like: the first explanation that fits to six digits.

The truth is known to nine digits or more, so an explanation that fits all elements is no accident.
The simple ones come first; those that call the functions again, at other points or with other
cotangents, come last.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses import (
    cotangents,
    factors,
    masks,
    means,
    operands,
    other_inputs,
    places,
    slopes,
    windows,
    windows_of_kernel,
)
from minicnn.testing.where import where_wrong

Hypothesis = Callable[[Evidence], Diagnosis | None]

HYPOTHESES: tuple[Hypothesis, ...] = (
    factors.zeros,
    masks.ties,
    cotangents.cotangent_ignored,
    factors.constant_factor,
    masks.mask_missing,
    factors.factor_of_an_input,
    cotangents.something_added,
    means.missing_mean_terms,
    cotangents.cotangent_passed_through,
    other_inputs.belongs_to_another_input,
    places.transposed_or_flipped,
    means.missing_sum_term,
    factors.factor_along_axes,
    masks.flat_results,
    windows.lost_contributions,
    slopes.named_slope,
    other_inputs.right_for_another_input,
    windows.not_transposed,
    places.reshaped,
    places.cotangent_moved,
    masks.wrong_inputs_of_results,
    windows.moved_windows,
    windows_of_kernel.moved,
    operands.wrong_operand,
    other_inputs.right_up_to_slopes,
    slopes.factor_of_results,
    places.shifted,
    masks.masked_by_sign,
    places.permuted,
    cotangents.constant_at_some_places,
    cotangents.not_linear,
)

IN_SAMPLES = (
    factors.zeros,
    cotangents.cotangent_ignored,
    factors.constant_factor,
    masks.mask_missing,
    cotangents.cotangent_passed_through,
    other_inputs.belongs_to_another_input,
    other_inputs.right_for_another_input,
)
"""Those that need not know the right gradient of every element."""

KINDS = (
    "zeros, ties, sign, factor, cotangent ignored, mask, slope, order, transpose, flip, shift, "
    "mean term, variance term, mean and variance terms, sum term, added term, missing factor, "
    "batch, overwritten, border, not visited, stride, wrong element, wrong operand, permuted, "
    "not linear, wrong axis, wrong index, shape, not summed, summed too far, padding, not finite"
).split(", ")
"""The words that a diagnosis may begin with."""


def diagnose(evidence: Evidence) -> Diagnosis | None:
    """The first explanation that fits; None if none does."""
    complete = bool(np.isfinite(evidence.truth).all())
    for hypothesis in HYPOTHESES if complete else IN_SAMPLES:
        found = hypothesis(evidence)
        if found is not None:
            return found
    where = where_wrong(evidence.compared.wrong)
    if "border" in where:
        return Diagnosis(
            "border",
            f"Only elements{where.removeprefix(',')} are wrong, the others are right: look at the "
            "padding and at the first and last step of the loops.",
        )
    return None
