"""Explanations of the form: the right gradient, times something."""

from __future__ import annotations

import itertools

import numpy as np

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.sizes import name_factor


def zeros(evidence: Evidence) -> Diagnosis | None:
    """All elements are zero, and should not be."""
    if np.any(np.abs(evidence.found) > 1e-12 * evidence.scale):
        return None
    return Diagnosis(
        "zeros",
        "The gradient is zero everywhere. Is the computed one returned, and is it written into "
        "the array that is returned?",
    )


def constant_factor(evidence: Evidence) -> Diagnosis | None:
    """One factor for all elements."""
    known = np.isfinite(evidence.truth)
    factor = evidence.factor(evidence.found[known], evidence.truth[known])
    if factor is None or abs(factor - 1) < 1e-5:
        return None
    if abs(factor + 1) < 1e-6:
        return Diagnosis("sign", "The sign is wrong: every element is −1 times the right one.")
    sign = " and the sign is wrong" if factor < 0 else ""
    named = name_factor(factor, evidence)
    known = f" ({named})" if named else ""
    return Diagnosis(
        "factor", f"Every element is {abs(factor):.6g} times the right one{known}{sign}."
    )


def factor_of_an_input(evidence: Evidence) -> Diagnosis | None:
    """The right gradient is the found one times an input, or the other way round."""
    for name, array in zip(evidence.function.names, evidence.function.arrays, strict=True):
        if array.size < 2 or np.ptp(array) == 0:
            continue
        try:
            times, back = evidence.found * array, evidence.truth * array
        except ValueError:
            continue
        if evidence.same(times, evidence.truth):
            return Diagnosis(
                "missing factor", f"Multiplied by `{name}`, it is right: that factor is missing."
            )
        if evidence.same(back, evidence.found):
            return Diagnosis(
                "missing factor", f"It is the right gradient times `{name}`, once too often."
            )
    return None


def factor_along_axes(evidence: Evidence) -> Diagnosis | None:
    """A factor that depends on the index along some axes only, such as one for each channel."""
    found, truth = evidence.found, evidence.truth
    if np.any((np.abs(truth) < 1e-9 * evidence.scale) & (np.abs(found) > 1e-6 * evidence.scale)):
        return None
    for count in range(1, found.ndim):
        for axes in itertools.combinations(range(found.ndim), count):
            rest = tuple(a for a in range(found.ndim) if a not in axes)
            if np.prod([found.shape[a] for a in rest]) < 2 or 1 in (found.shape[a] for a in axes):
                continue
            square = np.sum(truth * truth, rest, keepdims=True)
            ratio = np.sum(found * truth, rest, keepdims=True) / np.where(square, square, 1)
            if (np.abs(ratio) < 1e-9).any():
                continue
            if evidence.same(ratio * truth, found):
                return _along(evidence, axes, ratio)
    return _elementwise(evidence)


def _along(evidence: Evidence, axes: tuple[int, ...], ratio: np.ndarray) -> Diagnosis:
    name = _name_of_ratio(evidence, ratio)
    where = " and ".join(map(str, axes))
    values = ", ".join(f"{r:.4g}" for r in ratio.ravel()[:4])
    text = (
        f"Each element is the right one times a factor that depends on the index along axis {where}"
        f" only ({values}{', …' if ratio.size > 4 else ''})."
    )
    return Diagnosis("missing factor", f"{text}{name}")


def _elementwise(evidence: Evidence) -> Diagnosis | None:
    truth = evidence.truth
    if truth.ndim == 0 or truth.size < 3 or np.any(np.abs(truth) < 1e-6 * evidence.scale):
        return None
    name = _name_of_ratio(evidence, evidence.found / truth)
    if not name:
        return None
    return Diagnosis("missing factor", f"Each element is off by a factor of its own.{name}")


POWERS = {
    1.0: "It equals {0}: a factor {0} is there that should not be, or a division is missing.",
    -1.0: "It equals 1/{0}: the factor {0} is missing.",
    2.0: "It equals {0} squared: it is multiplied instead of divided.",
    -2.0: "It equals 1/{0}²: it is divided instead of multiplied.",
    0.5: "It equals the square root of {0}.",
    -0.5: "It equals 1/√{0}.",
}


def _name_of_ratio(evidence: Evidence, ratio: np.ndarray) -> str:
    for name, array, exactness in _quantities(evidence, ratio):
        for power, words in POWERS.items():
            with np.errstate(all="ignore"):
                expected = np.sign(array) * np.abs(array) ** power if power != 2.0 else array**2
            if power in (0.5, -0.5) and (array <= 0).any():
                continue
            if not np.isfinite(expected).all():
                continue
            try:
                shaped = np.broadcast_to(expected, ratio.shape)
            except ValueError:
                continue
            if np.allclose(shaped, ratio, rtol=exactness, atol=0):
                return " " + words.format(name)
    return ""


def _quantities(evidence: Evidence, ratio: np.ndarray):
    """Arrays that a ratio may be made of: inputs, results, slopes of activations, deviations."""
    function = evidence.function
    for name, array in zip(function.names, function.arrays, strict=True):
        if array.size > 1:
            yield f"`{name}`", array, 1e-5
            for axis in range(array.ndim):
                if array.ndim <= ratio.ndim + 1:
                    yield f"`{name}` summed over axis {axis}", array.sum(axis), 1e-5
    for y in function.results:
        if y.shape == ratio.shape and y.size > 1:
            yield "the result", y, 1e-5
            yield "1 − y² (the slope of tanh, y being the result)", 1 - y * y, 1e-5
            yield "y (1 − y) (the slope of the sigmoid, y being the result)", y * (1 - y), 1e-5
    x = evidence.x
    rest = tuple(a for a in range(x.ndim) if a < ratio.ndim and ratio.shape[a] == 1)
    if x.ndim == ratio.ndim and rest:
        yield f"the standard deviation of `{evidence.name}`", x.std(rest, keepdims=True), 2e-2
    first = function.arrays[0]
    if ratio.size > 1 and ratio.shape and ratio.shape[-1] == first.shape[-1] and first.ndim > 1:
        deviation = first.std(tuple(range(first.ndim - 1)))
        yield f"the standard deviation of `{function.names[0]}`", deviation, 2e-2
