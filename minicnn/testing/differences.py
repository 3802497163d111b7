"""Derivatives from differences of values.

The fourth-order central difference is `(8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h`, with an error
of `h⁴ f⁗' / 30` (Abramowitz & Stegun, Handbook of Mathematical Functions, table 25.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

STEP = 1e-3
PLACES = (-2, -1, 1, 2)
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
ROUNDING = float(np.finfo("float64").eps)

Line = Callable[[complex], np.ndarray]
"""From a step `t` to the results at the point `x + t · direction`."""


class Slopes(NamedTuple):
    """The derivative of each result along a line, and how far it may be off.

    `doubt` is the fourth difference over the step, and the difference from the second-order
    formula. It is of the order h² where the function is smooth, of the order h where its second
    derivative jumps, and of the order of the jump of the slope where a kink is within two steps.
    """

    slopes: np.ndarray
    doubt: np.ndarray


def fourth_order(far_left: Any, left: Any, right: Any, far_right: Any, step: float) -> Any:
    """The derivative from the values at `PLACES` times the step."""
    return (8 * (right - left) - (far_right - far_left)) / (12 * step)


def central(line: Line, here: np.ndarray, step: float = STEP) -> Slopes:
    """The derivatives by fourth-order central differences."""
    far_left, left, right, far_right = (line(k * step) for k in PLACES)
    slopes = fourth_order(far_left, left, right, far_right, step)
    fourth = far_left - 4 * left + 6 * here - 4 * right + far_right
    second_order = (right - left) / (2 * step)
    return Slopes(slopes, np.abs(fourth) / step + 3 * np.abs(slopes - second_order))


def best_central(line: Line, here: np.ndarray) -> Slopes:
    """The derivatives with the step that serves each result best.

    A short step avoids kinks nearby and bends; a long one is rounded less. Stops at the first step
    at which no result is in doubt.
    """
    best = central(line, here, STEPS[0])
    for step in STEPS[1:]:
        if is_clean(best).all():
            break
        slopes, doubt = central(line, here, step)
        better = (doubt < best.doubt) | ~np.isfinite(best.doubt)
        best = Slopes(np.where(better, slopes, best.slopes), np.where(better, doubt, best.doubt))
    return best


def is_clean(found: Slopes) -> np.ndarray:
    """Where the derivative is certain to about eight digits."""
    scale = np.abs(found.slopes).max(initial=1e-3, where=np.isfinite(found.slopes))
    return found.doubt <= 1e-7 * scale


def one_sided(line: Line, here: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The slopes to the left and to the right, by second-order differences."""

    def towards(side: float) -> np.ndarray:
        return (4 * line(side) - line(2 * side) - 3 * here) / (2 * side)

    return towards(-step), towards(step)
