"""Compares the gradients of a function with differences of its values.

The truth is float64 on the NumPy backend: fourth-order central differences with steps of 1/1000
have errors of about 1e-11, so a wrong factor or a missing term stands out by orders of magnitude.
Cotangents are random, because the gradient of `sum(f(x))` is blind to many mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import GradientTape, Tensor, config, tree

STEP = 1e-3


def check_gradients(
    function: Callable,
    *arrays: Any,
    order: int = 2,
    tolerance: float = 1e-7,
    floor: float = 1e-3,
    seed: int = 0,
    **settings: Any,
) -> None:
    """Asserts that the gradients of `function(*arrays, **settings)` are its derivatives.

    Args:
        function: from tensors to a tensor or to nested tensors.
        arrays: the tensors it is called with. Floating ones (or nested lists of them) are
            differentiated, in float64; others are passed as they are.
        order: 2 checks, too, the derivatives of the gradient, to the inputs and to the cotangent.
        tolerance: how far a derivative may be off, relative to the largest one of that input.
        floor: norm that the gradients together must reach, so that nothing passes by being zero.
        seed: draws the cotangents and directions.
        settings: keyword arguments passed on.
    """
    random = np.random.default_rng(seed)
    leaves = [_in_float64(x) for x in tree.flatten(list(arrays))]
    active = [i for i, x in enumerate(leaves) if _is_floating(x)]

    def apply(*inputs):
        merged = dict(enumerate(leaves)) | dict(zip(active, inputs, strict=True))
        called = tree.pack_sequence_as(list(arrays), [merged[i] for i in range(len(leaves))])
        outputs = tree.flatten(function(*called, **settings))
        return [y for y in outputs if np.issubdtype(y.dtype, np.floating)]

    before = config.backend()
    config.set_backend("numpy")
    try:
        inputs = [leaves[i] for i in active]
        cotangents = [random.standard_normal(y.shape) for y in apply(*map(Tensor, inputs))]
        names = [f"input {i}" for i in active]
        norm = _compare(apply, inputs, cotangents, names, tolerance, random, "gradient")
        assert norm >= floor, (
            f"The gradients are as good as zero (norm {norm:.3g}, at least {floor:.3g} expected), "
            "so that comparing them proves nothing. Choose other inputs."
        )
        if order > 1:
            _check_second(apply, inputs, cotangents, names, tolerance, random)
    finally:
        config.set_backend(before)


def _check_second(apply, inputs, cotangents, names, tolerance, random) -> None:
    """The gradient is itself a function of inputs and cotangent: it is checked as one."""

    def gradient(*both):
        pulled = _pull_back(apply, list(both[: len(inputs)]), list(both[len(inputs) :]))
        return [g for g in pulled if g is not None]

    both = [*inputs, *cotangents]
    names = [*names, *(f"cotangent {i}" for i in range(len(cotangents)))]
    directions = [random.standard_normal(g.shape) for g in gradient(*map(Tensor, both))]
    # Differences of gradients: one more derivative amplifies the errors.
    _compare(gradient, both, directions, names, 10 * tolerance, random, "second derivative")


def _compare(function, inputs, cotangents, names, tolerance, random, what) -> float:
    """Compares the pulled back cotangents with differences; returns their norm."""

    def value(changed: Sequence[np.ndarray]) -> float:
        outputs = function(*map(Tensor, changed))
        pairs = zip(cotangents, outputs, strict=True)
        return sum(float(np.sum(c * np.asarray(y))) for c, y in pairs)

    analytic = _pull_back(function, [Tensor(x) for x in inputs], cotangents)
    norm = 0.0
    for i, (x, pulled) in enumerate(zip(inputs, analytic, strict=True)):
        # None says: it does not depend on this input. The differences will tell whether so.
        found = np.zeros(x.shape) if pulled is None else np.asarray(pulled)
        assert found.shape == x.shape, (
            f"The {what} to {names[i]} has shape {found.shape}, but the input has {x.shape}."
        )
        norm = float(np.hypot(norm, np.linalg.norm(found)))
        # One random direction: no wrong element can hide in it.
        direction = random.uniform(-1, 1, x.shape)
        numeric = _difference(value, inputs, i, direction)
        if not _are_close(numeric, np.sum(found * direction), found, tolerance):
            where = f"Wrong {what} to {names[i]}"
            raise AssertionError(_first_wrong(value, inputs, i, found, tolerance, where))
    return norm


def _pull_back(function, inputs: list[Tensor], cotangents: list) -> list:
    # A fresh tensor each, so that an outer tape's records reach the inputs through it.
    with GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    seeds = [c if isinstance(c, Tensor) else Tensor(np.asarray(c)) for c in cotangents]
    return tape.gradient(outputs, inputs, output_gradients=seeds)


def _are_close(numeric, expected, found, tolerance) -> bool:
    largest = float(np.abs(found).max(initial=0.0))
    return abs(numeric - expected) <= tolerance * max(1.0, largest, abs(numeric))


def _first_wrong(value, inputs, i, found, tolerance, where) -> str:
    """Says which element it is, what its derivative should be, and whether it is on a kink."""
    for index in np.ndindex(found.shape):
        direction = np.zeros(found.shape)
        direction[index] = 1.0
        numeric = _difference(value, inputs, i, direction)
        if not _are_close(numeric, found[index], found, tolerance):
            break
    return (
        f"{where} at index {index}: it says {found[index]:.12g}, but differences of the values say "
        f"{numeric:.12g} (off by {abs(numeric - found[index]):.3g})."
        + _hint_of_kink(value, inputs, i, direction)
    )


def _difference(value, inputs, i, direction) -> float:
    """Fourth-order central difference (Abramowitz & Stegun, Handbook, table 25.2)."""

    def at(step):
        return value([x + step * direction if j == i else x for j, x in enumerate(inputs)])

    return (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP)


def _hint_of_kink(value, inputs, i, direction) -> str:
    here = value(inputs)
    sides = [
        (value([x + s * STEP * direction if j == i else x for j, x in enumerate(inputs)]) - here)
        / (s * STEP)
        for s in (1, -1)
    ]
    scale = max(*map(abs, sides), 1e-3)
    if abs(sides[0] - sides[1]) < 0.05 * scale:
        return ""
    return (
        f" The slopes to the right ({sides[0]:.6g}) and to the left ({sides[1]:.6g}) differ: "
        "is the input on a kink? Draw inputs away from it."
    )


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.floating)


def _in_float64(x: Any) -> Any:
    return x.astype("float64") if _is_floating(x) else x
