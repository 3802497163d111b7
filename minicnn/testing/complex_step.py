"""Derivatives by the complex step: `f'(x) = Im f(x + ih) / h`, exact to rounding.

Nothing is subtracted, so h may be as small as 1e-20. The function has to be analytic and to run on
complex arrays.
Source: Squire & Trapp, "Using complex variables to estimate derivatives of real functions" (1998).
"""

from __future__ import annotations

import warnings

import numpy as np

from minicnn.testing.differences import ROUNDING, Line, Slopes
from minicnn.testing.differences import STEP as REAL_STEP

STEP = 1e-20


class NotAnalytic(Exception):
    """The function cannot be differentiated by the complex step; the text says why."""


def complex_step(line: Line) -> np.ndarray:
    """The derivatives of the results along a line; raises NotAnalytic if that is impossible."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            results = line(1j * STEP)
        except Exception as error:
            text = str(error).partition("\n")[0][:90]
            raise NotAnalytic(
                f"it does not run on complex arrays ({type(error).__name__}: {text})"
            ) from None
    if results.dtype != np.dtype("complex128"):
        raise NotAnalytic(f"complex arrays give results of type {results.dtype}")
    return results.imag / STEP


def confirmed_complex_step(line: Line, here: np.ndarray, differences: Slopes) -> np.ndarray:
    """`complex_step`, if differences of the values say the same.

    A function such as `x · |x|` runs on complex arrays, too, but `|x|` drops the imaginary part;
    and a function may compute in complex64.
    """
    slopes = complex_step(line)
    scale = np.abs(differences.slopes).max(initial=0.0)
    rounding = 20 * ROUNDING * np.abs(here) / REAL_STEP
    limit = 1e-2 * differences.doubt + 1e-10 * scale + rounding
    if not (np.abs(slopes - differences.slopes) <= limit).all():
        raise NotAnalytic(
            "complex arrays give other slopes than differences: abs, max or a cast is inside"
        )
    return slopes
