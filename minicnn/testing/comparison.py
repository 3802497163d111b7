"""Compares the found gradient to one input with the truth.

First along one random direction, in which no element has a small part, so that no wrong element
can hide. Only if that disagrees, or a kink is near, each element is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from minicnn.testing.complex_step import NotAnalytic, confirmed_complex_step
from minicnn.testing.differences import STEP, Line, Slopes, central
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.kinks import Tie, disagreeing_groups
from minicnn.testing.taylor import remainder_order
from minicnn.testing.truth import Truth, kink_threshold, line_through, rounding_of, step_unit

COMPLEX = "complex step"
DIFFERENCES = "central differences"
TAYLOR = "Taylor remainder"


@dataclass
class Comparison:
    """How the gradient to an input compares with the truth.

    Attributes:
        name: the input's name.
        method: how the truth was found.
        why: why it was not the complex step; empty if it was.
        error: the largest difference, relative to the gradient's largest element.
        order: that of the Taylor remainder, if it was asked for.
        kinks: indices of the elements on a kink, at which any slope between is right.
        wrong: where the gradient is wrong; None if it is right.
        truth: the derivatives element by element; None if one direction was enough.
        ties: groups of elements on a kink that are wrong together.
        left_out: indices at which the derivative is not known: it is not finite, or not sampled.
    """

    name: str
    found: np.ndarray
    method: str
    why: str
    error: float = 0.0
    order: float | None = None
    kinks: list[tuple[int, ...]] = field(default_factory=list)
    wrong: np.ndarray | None = None
    truth: Truth | None = None
    ties: list[Tie] = field(default_factory=list)
    left_out: list[tuple[int, ...]] = field(default_factory=list)


def compare(
    function: Differentiable,
    i: int,
    found: np.ndarray,
    cotangent: np.ndarray,
    method: str,
    tolerance: float,
    random: np.random.Generator,
) -> Comparison:
    """Compares the gradient that was found to input `i` with the derivatives."""
    x = function.arrays[i]
    here = function.vector(function.arrays)
    unit = step_unit(x)
    direction = random.uniform(0.5, 1.0, x.shape) * random.choice([-1.0, 1.0], x.shape) * unit
    line = line_through(function, i, direction)
    differences = central(line, here)
    smooth = _is_smooth(differences, here)
    method, slopes, why = _slopes(line, here, differences, method, smooth)
    compared = Comparison(function.names[i], found, method, why)
    claimed = float(np.sum(found * direction))
    if method == TAYLOR:
        values = line_through(function, i, direction / unit)
        compared.order = remainder_order(values, here, cotangent, claimed / unit)
        if compared.order >= 1.7:
            return compared
    measured = float(cotangent @ slopes)
    largest = float(np.abs(found).max(initial=0.0)) * unit
    limit = tolerance * max(largest, abs(measured)) + rounding_of(here, cotangent, STEP)
    off = abs(measured - claimed)
    if off <= limit and smooth:
        compared.error = off / max(largest, abs(measured), 1e-300)
        return compared
    return _element_by_element(function, i, compared, cotangent, tolerance, random)


def _slopes(
    line: Line, here: np.ndarray, differences: Slopes, method: str, smooth: bool
) -> tuple[str, np.ndarray, str]:
    """The derivatives along a line: by what method, what they are, why not the complex step."""
    if method == "differences":
        return DIFFERENCES, differences.slopes, "asked for"
    if method == "taylor":
        return TAYLOR, differences.slopes, "asked for"
    if not smooth:
        return DIFFERENCES, differences.slopes, "there is a kink or a strong bend nearby"
    try:
        return COMPLEX, confirmed_complex_step(line, here, differences), ""
    except NotAnalytic as reason:
        return DIFFERENCES, differences.slopes, str(reason)


def _is_smooth(differences: Slopes, here: np.ndarray) -> bool:
    """Whether no kink is within two steps."""
    return bool((differences.doubt <= kink_threshold(differences.slopes, here)).all())


def _element_by_element(function, i, compared, cotangent, tolerance, random) -> Comparison:
    found = compared.found
    truth = Truth(function, i, cotangent, compared.method == COMPLEX, random)
    known = np.zeros(found.size, bool)
    known[truth.known] = True
    known = known.reshape(found.shape) & np.isfinite(truth.gradient)
    expected = np.where(known, truth.gradient, found)
    scale = max(np.abs(expected).max(initial=0.0), np.abs(found).max(initial=0.0))
    rounding = rounding_of(truth.here, cotangent, STEP * step_unit(function.arrays[i]))
    limit = tolerance * scale + 10 * truth.doubt + rounding
    inside = (found >= truth.low - limit) & (found <= truth.high + limit)
    compared.wrong = known & ~inside
    compared.truth = truth
    compared.kinks = [tuple(map(int, np.unravel_index(j, found.shape))) for j in truth.kinks]
    compared.ties = disagreeing_groups(function, i, found, cotangent, truth, tolerance)
    for tie in compared.ties:
        compared.wrong.flat[tie.group] = True
    compared.left_out = [tuple(map(int, j)) for j in np.argwhere(~known)]
    smooth = known.copy()
    smooth.flat[truth.kinks] = False
    off = np.abs(found - expected)[smooth]
    compared.error = float(off.max(initial=0.0) / max(scale, 1e-300))
    if not compared.wrong.any():
        compared.wrong = None
    return compared
