"""Checks a backward function that somebody wrote for plain NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn.testing.backward_calls import Calls
from minicnn.testing.check import check
from minicnn.testing.errors import WrongGradient
from minicnn.testing.report import GradientReport
from minicnn.testing.variants import variants


def check_backward(
    forward: Callable,
    backward: Callable,
    *inputs: Any,
    truth: str = "auto",
    tolerance: float = 1e-7,
    also: str = "",
    seed: int = 0,
) -> GradientReport:
    """Checks that `backward` gives the gradients of `forward`, both written with NumPy.

    Two ways of writing them are understood:

    - `forward(x, w)` returns the result, and `backward(dy, x, w)` the gradients;
    - `forward(x, w)` returns `(result, cache)`, and `backward(dy, cache)` the gradients.

    `backward` returns one gradient for each input that is an array of floats (or a single one).
    Both are called in float64, and with complex arrays if they accept them.

    Args:
        forward: from the inputs to the result, or to the result and a cache.
        backward: from the cotangent of the result (the gradient that comes from above).
        inputs: arrays, which are differentiated if they are floats, and settings.
        truth: "auto" takes the complex step where it works, else central differences; "taylor"
            takes the order of the Taylor remainder; "differences" always central differences.
        tolerance: how far an element may be off, relative to the largest one.
        also: words that add a second check: "ties" (equal inputs), "non_contiguous", "empty"
            (no sample at all).
        seed: draws the cotangent.

    Raises:
        WrongGradient: a gradient is wrong; the text says where, and what it looks like.
        CannotCheck: the functions cannot be checked as they are.

    Example:
        >>> import numpy as np
        >>> from minicnn.testing import check_backward
        >>> def forward(x, w):
        ...     return x @ w
        >>> def backward(dy, x, w):
        ...     return dy @ w.T, x.T @ dy
        >>> random = np.random.default_rng(0)
        >>> x, w = random.normal(size=(4, 3)), random.normal(size=(3, 2))
        >>> print(check_backward(forward, backward, x, w))
        gradient to x: right, by complex step; largest error ...
        gradient to w: right, by complex step; largest error ...
    """
    report = _check_once(forward, backward, inputs, truth, tolerance, seed)
    for name, changed in variants(also, inputs):
        try:
            more = _check_once(forward, backward, changed, truth, tolerance, seed)
        except WrongGradient as error:
            raise WrongGradient(f"With {name}: {error}", error.mistakes) from None
        report.notes += [f"with {name}: {line}" for line in str(more).splitlines()]
    return report


def _check_once(forward, backward, inputs, truth, tolerance, seed) -> GradientReport:
    calls = Calls(forward, backward, inputs)
    function = calls.function()
    calls.assert_backward_is_clean(function, seed)
    return check(function, truth=truth, tolerance=tolerance, seed=seed)
