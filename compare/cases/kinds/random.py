"""Runs a function that draws random numbers, and tests whether they have the right distribution.

The numbers themselves differ between libraries; whether tests of them hold does not. A count of
independent events is right if it is within DEVIATIONS standard deviations of what is expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.kinds.shared import cotangents, dtype
from compare.libraries.library import Library

DEVIATIONS = 5
PARTS = 16  # of the numbers, in the order of memory, which are tested one by one
# The numbers below which a sixteenth, a half and so on of all numbers are expected.
QUANTILES = {
    "uniform": {1 / 16: 1 / 16, 0.5: 0.5, 0.9: 0.9, 0.999: 0.999},
    "normal": {0.158655: -1.0, 0.5: 0.0, 0.841345: 1.0, 0.99865: 3.0},
}


def run(library: Library, case: Case) -> dict[str, Any]:
    """What must be the same in every library."""
    return (_dropout if case.name == "dropout" else _numbers)(library, case)


def _dropout(library: Library, case: Case) -> dict[str, Any]:
    """Inputs: the array. Settings: the rate and the seed."""
    (x,) = library.values(case.inputs, case.label)
    settings = library.resolve(dict(case.settings))

    def function(tensor: Any) -> list:
        return [library.keras.random.dropout(tensor, **settings)]

    (output,) = function(library.tensor(x))
    seeds = cotangents(library, case, [output])
    (gradient,) = library.differentiate(function, [x], [], seeds, held_constant=True)
    y = library.numpy(output)
    kept = y != 0
    return {
        "type": dtype(output),
        "factors": _ends(y[kept] / x[kept]),
        "factors of the gradient": _ends(gradient[kept] / seeds[0][kept]),
        "the gradient is zero where the output is": np.array_equal(gradient != 0, kept)
        * np.ones(1),
        "shares of zeros": _right_shares(~kept, case.settings["rate"]),
    }


def _ends(x: np.ndarray) -> np.ndarray:
    return np.array([x.min(), x.max()])


def _numbers(library: Library, case: Case) -> dict[str, Any]:
    """Settings: shape and seed."""
    drawn = library.find(f"random.{case.name}")(**case.settings)
    x = library.numpy(drawn)
    found: dict[str, Any] = {"shape": str(x.shape)}
    for share, limit in QUANTILES[case.name].items():
        found[f"shares below {limit}"] = _right_shares(x < limit, share)
    return found


def _right_shares(events: np.ndarray, probability: float) -> np.ndarray:
    """Whether as many events occurred as expected: of all, then of each part."""
    parts = [events.ravel(), *np.array_split(events.ravel(), PARTS)]
    return np.array([_is_right(part, probability) for part in parts], "float32")


def _is_right(events: np.ndarray, probability: float) -> bool:
    expected = events.size * probability
    deviation = np.sqrt(expected * (1 - probability))
    return abs(np.count_nonzero(events) - expected) <= DEVIATIONS * deviation + 1
