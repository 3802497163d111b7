"""Compares all gradients of a function with the truth, and reports or raises."""

from __future__ import annotations

import numpy as np

from minicnn.testing.coarse import check_in_float32, computes_in_float32
from minicnn.testing.comparison import Comparison, compare
from minicnn.testing.diagnosis import diagnose
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.errors import CannotCheck, Diagnosis, Element, Mistake, WrongGradient
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses.shapes import wrong_shape
from minicnn.testing.report import GradientReport, failure, mistake_of, row_of
from minicnn.testing.truth import Truth

TRUTHS = ("auto", "differences", "taylor")


def check(
    function: Differentiable,
    *,
    what: str = "gradient",
    truth: str = "auto",
    tolerance: float = 1e-7,
    floor: float = 0.0,
    seed: int = 0,
) -> GradientReport:
    """Checks the gradients to all inputs of a function.

    Raises:
        WrongGradient: one of them is not the derivative.
        CannotCheck: the function is random, or its values are not finite.
    """
    if truth not in TRUTHS:
        raise CannotCheck(f"`truth` is one of {', '.join(TRUTHS)}, but got {truth!r}.")
    assert_same_values(function)
    random = np.random.default_rng([seed, 21])
    cotangents = function.draw(seed)
    vector = np.concatenate([c.ravel() for c in cotangents])
    found = found_gradients(function, cotangents)
    assert_shapes(function, found, vector, what, random)
    norm = float(np.sqrt(sum(np.sum(g * g) for g in found)))
    compared = [
        compare(function, i, g, vector, truth, tolerance, random) for i, g in enumerate(found)
    ]
    wrong = [(i, c) for i, c in enumerate(compared) if c.wrong is not None]
    doubtful = [i for i, c in enumerate(compared) if c.truth is not None]
    if any(computes_in_float32(function, i) for i in doubtful):
        return check_in_float32(function, found, vector, what)
    if wrong:
        mistakes = [mistake_of(c, what, _diagnosis(function, i, c, vector)) for i, c in wrong]
        right = [c.name for c in compared if c.wrong is None]
        raise WrongGradient(failure(mistakes, right, seed), mistakes)
    if norm < floor:
        raise WrongGradient(
            f"The gradients are as good as zero (norm {norm:.3g}, at least {floor:.3g} expected), "
            "so that comparing them proves nothing. Choose other inputs."
        )
    return GradientReport([row_of(c, what) for c in compared])


def _diagnosis(function, i, compared: Comparison, vector) -> Diagnosis | None:
    return diagnose(Evidence(function, i, compared, vector))


def assert_same_values(function: Differentiable) -> None:
    """Raises CannotCheck unless a second call gives the same, finite values."""
    first = np.concatenate([y.ravel() for y in function.results])
    again = function.vector(function.arrays)
    if first.shape != again.shape or not np.array_equal(first, again, equal_nan=True):
        raise CannotCheck(
            "The function is random, or remembers earlier calls: two calls with the same inputs "
            "gave different results. Fix its random numbers (a seed that is set in each call), or "
            "pass the drawn mask as an input."
        )
    if not np.isfinite(first).all():
        raise CannotCheck(
            f"The function's result has {int((~np.isfinite(first)).sum())} elements that are NaN or"
            " infinite at this point. Choose inputs at which it is finite."
        )


def found_gradients(function: Differentiable, cotangents: list) -> list[np.ndarray]:
    """The gradients as they are given; None says: does not depend on this input."""
    found = function.pull_back(function.arrays, cotangents)
    return [
        np.zeros(x.shape) if g is None else np.asarray(g)
        for g, x in zip(found, function.arrays, strict=True)
    ]


def assert_shapes(function, found, vector, what, random) -> None:
    """Raises WrongGradient if a gradient has not its input's shape, or is not finite."""
    for i, (name, g, x) in enumerate(zip(function.names, found, function.arrays, strict=True)):
        if g.shape != x.shape:
            right = Truth(function, i, vector, False, random).gradient
            diagnosis = wrong_shape(np.asarray(g, "float64"), right, function.split(vector))
            _raise(name, what, [], (x.size, x.size), diagnosis)
        bad = ~np.isfinite(g)
        if bad.any():
            index = tuple(map(int, np.argwhere(bad)[0]))
            text = (
                f"{int(bad.sum())} of {g.size} elements are NaN or infinite, first at index "
                f"{index}, while the function is finite there: a division by zero, a logarithm or "
                "a root of zero in the backward pass?"
            )
            element = Element(index, float(g[index]), float("nan"))
            _raise(name, what, [element], (int(bad.sum()), g.size), Diagnosis("not finite", text))


def _raise(name, what, worst, wrong, diagnosis: Diagnosis) -> None:
    text = f"Wrong {what} to {name}. {diagnosis.text}"
    raise WrongGradient(text, [Mistake(name, what, worst, wrong, diagnosis, text)])
