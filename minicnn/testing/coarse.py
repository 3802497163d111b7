"""Checks functions that compute in float32, of which only two or three digits can be compared."""

from __future__ import annotations

import numpy as np

from minicnn.testing.check import assert_same_values, assert_shapes, found_gradients
from minicnn.testing.comparison import DIFFERENCES
from minicnn.testing.differences import central
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.errors import Element, Mistake, WrongGradient
from minicnn.testing.report import GradientReport, Row
from minicnn.testing.truth import line_through

STEP = 3e-2
NOTE = (
    "The function computes in float32 (its result is float32 for float64 inputs), so that only two "
    "digits could be compared, and mistakes below 1 % are not seen. Let it compute in the type of "
    "its inputs (`np.zeros(shape, x.dtype)`, no `astype('float32')`) to check it to seven."
)


def check_in_float32(function: Differentiable, seed: int) -> GradientReport:
    """Compares with central differences of a large step, to one part in a hundred."""
    assert_same_values(function)
    random = np.random.default_rng([seed, 21])
    cotangents = function.draw(seed)
    vector = np.concatenate([c.ravel() for c in cotangents])
    found = found_gradients(function, cotangents)
    assert_shapes(function, found, vector, "gradient", random)
    here = function.vector(function.arrays).astype("float64")
    rows = []
    for i, (name, g) in enumerate(zip(function.names, found, strict=True)):
        expected, doubt = _derivatives(function, i, here, vector)
        scale = max(np.abs(expected).max(initial=0.0), np.abs(g).max(initial=0.0), 1e-300)
        off = np.abs(g - expected) - doubt
        if (off > 1e-2 * scale).any():
            raise _error(name, g, expected, off)
        error = float(np.abs(off).max(initial=0.0) / scale)
        rows.append(Row(name, "gradient", DIFFERENCES, "float32", error, None, [], []))
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


def _error(name: str, found, expected, off) -> WrongGradient:
    index = tuple(map(int, np.unravel_index(np.argmax(off), found.shape)))
    element = Element(index, float(found[index]), float(expected[index]))
    text = (
        f"Wrong gradient to {name}. At index {list(index)} came {element.found:.4g}, but about "
        f"{element.expected:.4g} was expected.\n{NOTE}"
    )
    count = int((off > 1e-2 * np.abs(expected).max(initial=0.0)).sum())
    return WrongGradient(
        text, [Mistake(name, "gradient", [element], (count, found.size), None, text)]
    )
