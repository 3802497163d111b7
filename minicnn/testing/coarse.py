"""Functions that compute in float32, of which only two digits can be compared."""

from __future__ import annotations

import numpy as np

from minicnn.testing.comparison import DIFFERENCES
from minicnn.testing.differences import ROUNDING, central
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.errors import Element, Mistake, WrongGradient
from minicnn.testing.report import GradientReport, Row
from minicnn.testing.truth import line_through

STEP = 3e-2
SMALL = 1e-9
NOTE = (
    "The function computes in float32, so that only two digits could be compared, and mistakes "
    "below 1 % are not seen. Let it compute in the type of its inputs (`np.zeros(shape, x.dtype)`, "
    "no `astype('float32')`) to check it to seven."
)


def computes_in_float32(function: Differentiable, i: int) -> bool:
    """Whether the results change with input `i` in steps as large as float32's rounding."""
    if any(y.dtype.name in ("float32", "float16") for y in function.results):
        return True
    here = function.vector(function.arrays)
    x = function.arrays[i]
    line = line_through(function, i, np.random.default_rng(3).uniform(0.5, 1, x.shape))
    slopes = np.abs(line(STEP) - here).sum() / STEP
    once, thrice = line(SMALL) - here, line(3 * SMALL) - here
    rounding = 50 * ROUNDING * np.abs(here).sum()
    expected = SMALL * slopes
    if expected < 10 * rounding:
        return False
    still = np.abs(thrice).sum() < 0.3 * expected
    bent = np.abs(thrice - 3 * once).sum() > 0.5 * expected + rounding
    return bool(still or bent)


def check_in_float32(
    function: Differentiable, found: list[np.ndarray], cotangent: np.ndarray, what: str
) -> GradientReport:
    """Compares with central differences of a large step, to one part in a hundred."""
    here = function.vector(function.arrays).astype("float64")
    rows = []
    for i, (name, g) in enumerate(zip(function.names, found, strict=True)):
        expected, doubt = _derivatives(function, i, here, cotangent)
        scale = max(np.abs(expected).max(initial=0.0), np.abs(g).max(initial=0.0), 1e-300)
        off = np.abs(g - expected) - doubt
        if (off > 1e-2 * scale).any():
            raise _error(name, what, g, expected, off, 1e-2 * scale)
        error = max(float(off.max(initial=0.0)), 0.0) / scale
        rows.append(Row(name, what, DIFFERENCES, "float32", error, None, [], []))
    return GradientReport(rows, [NOTE])


def _derivatives(function: Differentiable, i: int, here, vector) -> tuple[np.ndarray, np.ndarray]:
    x = function.arrays[i]
    expected, doubt = np.zeros(x.size), np.zeros(x.size)
    for j in range(x.size):
        direction = np.zeros(x.size)
        direction[j] = 1.0
        line = line_through(function, i, direction)
        slopes = central(lambda t, line=line: line(t).astype("float64"), here, STEP)
        expected[j], doubt[j] = vector @ slopes.slopes, np.abs(vector) @ slopes.doubt
    return expected.reshape(x.shape), doubt.reshape(x.shape)


def _error(name: str, what: str, found, expected, off, limit: float) -> WrongGradient:
    index = tuple(map(int, np.unravel_index(np.argmax(off), found.shape)))
    element = Element(index, float(found[index]), float(expected[index]))
    text = (
        f"Wrong {what} to {name}. At index {list(index)} came {element.found:.4g}, but about "
        f"{element.expected:.4g} was expected.\n{NOTE}"
    )
    wrong = (int((off > limit).sum()), found.size)
    return WrongGradient(text, [Mistake(name, what, [element], wrong, None, text)])
