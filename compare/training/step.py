"""A step of a training, its change of all numbers, and the difference of two such changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from compare.errors import ALLOWED, UNIT, wide

LOSS = "the loss"


class State(NamedTuple):
    """All numbers that a step starts from: the weights, and the optimizer's variables."""

    weights: list[np.ndarray]
    variables: list[np.ndarray]


class Step(NamedTuple):
    """The loss of a batch, and the state after the step."""

    loss: float
    state: State


def names(weights: Sequence[str], variables: Sequence[str]) -> list[str]:
    """The names of the quantities of a `change`."""
    return [LOSS, *(f"update of {w}" for w in weights), *(f"change of {v}" for v in variables)]


def kind_of(name: str) -> str:
    """The kind of a quantity of a `change`: the loss, "update of …" or "change of …"."""
    kinds = {"update": "updates of weights", "change": "changes of the optimizer's variables"}
    return kinds.get(name.partition(" of ")[0], name)


def change(before: State, step: Step) -> list[np.ndarray]:
    """The loss, then what the step added to each weight and to each variable, in float64."""
    pairs = zip([*before.weights, *before.variables], _arrays(step.state), strict=True)
    return [np.array([step.loss]), *(wide(new) - wide(old) for old, new in pairs)]


def measure(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> np.ndarray:
    """How far each quantity of a change is from the wanted one, `(quantities, 2)`.

    First the Euclidean norm of the difference; then the length of its part along the wanted change.
    The rounding of single numbers hides in the first what a wrong factor on all of them, such as a
    learning rate, shows in the second.
    """
    return np.array([_distances(a - b, b) for a, b in zip(found, wanted, strict=True)])


def _distances(difference: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    norm, size = np.linalg.norm(difference), np.linalg.norm(wanted)
    along = abs(np.vdot(difference, wanted)) / size if size else norm
    return float(norm), float(along)


def sizes(wanted: Sequence[np.ndarray]) -> np.ndarray:
    """The norms of a change, which differences are shown relative to.

    A loss is a mean of logarithms, whose error is absolute, so its size is at least 1.
    """
    return np.array([max(1.0, abs(wanted[0][0])), *(np.linalg.norm(c) for c in wanted[1:])])


def least_rounding(before: State, step: Step, wanted: Sequence[np.ndarray]) -> np.ndarray:
    """What float32 explains at least, `(quantities, 2)`.

    The results of both libraries are rounded to float32, each by half a place. Along the change
    these roundings cancel, except if all numbers began alike (such as scales of 1).
    """
    arrays = zip([*before.weights, *before.variables], _arrays(step.state), strict=True)
    rows = [(0.0, 0.0), *(_rounding(old, new) for old, new in arrays)]
    return 2 * UNIT * np.array(rows) + ALLOWED * UNIT * sizes(wanted)[:, None]


def _rounding(old: np.ndarray, new: np.ndarray) -> tuple[float, float]:
    if new.dtype.kind != "f":
        return 0.0, 0.0
    norm, alike = np.linalg.norm(wide(new)), np.ptp(np.abs(old)) == 0
    return norm, norm if alike else 2 * norm / max(1.0, new.size**0.5 / 2)


def _arrays(state: State) -> list[np.ndarray]:
    return [*state.weights, *state.variables]
