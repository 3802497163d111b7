"""Where rounding decides the way of a gradient: tied windows, numbers at the kink of an activation.

A max pooling hands the gradient to the largest number of a window. Where the two largest differ by
less than float32 rounds, another order of the same sums makes the other one win; a ReLU passes the
gradient or not for a number that is zero up to rounding. Both gradients are right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import ops, tree
from minicnn.analysis.explanations.layer_copies import before_activation, has_activation
from minicnn.analysis.recorded_calls import record_calls
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values

ROUNDING = 32 * 2.0**-23
"""Of a float32 sum of about 1,000 products, in parts of the layer's largest number."""
LEAST_JUMP = 0.05
"""A derivative that changes by less is that of a smooth function."""
MOST_MOVES = 64
MOVES_WITHOUT_FIND = 8
"""After so many tries in a row, all is found."""
BEFORE_ACTIVATION = "before activation"

Place = tuple[str, Any]
"""The name of a call, and the number of its input or `BEFORE_ACTIVATION`."""


class Undecided(NamedTuple):
    """Numbers that a call gets (or has before its activation), whose gradient rounding decides.

    Attributes:
        call: the call.
        which: the number of the input, or `BEFORE_ACTIVATION`.
        where: for each number whether rounding decides its gradient.
        chosen: for each number whether it gets a gradient, as the values are here.
    """

    call: Call
    which: Any
    where: np.ndarray
    chosen: np.ndarray

    @property
    def place(self) -> Place:
        """How `reached` knows it."""
        return self.call.name, self.which


def undecided(call: Call, rounding: float = ROUNDING) -> list[Undecided]:
    """What rounding decides in one call, found by moving its values by so little.

    Args:
        call: with values.
        rounding: in parts of the largest number.
    """
    if len(call.outputs) != 1 or not call.outputs[0].is_inexact:
        return []
    if has_activation(call.layer):
        values, which = [before_activation(call).numpy()], [BEFORE_ACTIVATION]
        found = _turned(lambda z: call.layer.activation(z[0]), values, rounding)
    else:
        which = [i for i, x in enumerate(call.inputs) if x.is_inexact]
        values = [call.inputs[i].numpy() for i in which]
        found = _turned(lambda given: _called(call, which, given), values, rounding)
    return [Undecided(call, w, *f) for w, f in zip(which, found, strict=True) if f[0].any()]


def reached(
    model: Any, x: Any, where: Mapping[Place, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Where other gradients at some places would change the gradients of earlier layers.

    Returns:
        For the output of each call whether its gradient depends on them, and for the input.
    """
    draws = np.random.default_rng(0)
    with temporary_values(model.variables), quiet(), GradientTape() as tape:

        def watch(tensor: Tensor) -> None:
            if tensor.is_inexact:
                tape.watch(tensor)

        recorded = record_calls(model, x, "reached", False, watch)
        total = 0.0
        for call in recorded.calls:
            for (name, which), mask in where.items():
                if name == call.name:
                    values = _values(call, which)
                    total = total + ops.sum(values * (mask * _random(draws, mask.shape)))
        tensors = [call.outputs[0] for call in recorded.calls] + [recorded.inputs[0]]
        gradients = tape.gradient(total, tensors)
    masks = [
        np.zeros(t.shape, bool) if g is None else g.numpy() != 0
        for t, g in zip(tensors, gradients, strict=True)
    ]
    return {c.name: m for c, m in zip(recorded.calls, masks, strict=False)}, masks[-1]


def _turned(
    function: Callable, values: Sequence[np.ndarray], rounding: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each array where its cotangent jumps as its numbers are moved, and where it is not zero.

    First what gets a gradient is made smaller, so that numbers tied with it get theirs; then
    larger; then, as several may tie and windows overlap, all at random, those that have not jumped
    yet upwards, until no more do.
    """
    start = [Tensor(v) for v in values]
    with quiet():
        shape = function(start).shape
    draws = np.random.default_rng(0)
    cotangent = draws.uniform(1, 2, tuple(shape))  # of one sign, so that windows do not cancel
    before = _pulled_back(function, values, cotangent)
    chosen = [g != 0 for g in before]
    sizes = [rounding * np.abs(v).max(initial=0) for v in values]
    where = [np.zeros(v.shape, bool) for v in values]
    last_find = 0
    for i in range(MOST_MOVES):
        moved = [
            v + (size * _step(i, draws, g, mask)).astype(v.dtype)
            for v, size, g, mask in zip(values, sizes, chosen, where, strict=True)
        ]
        after = _pulled_back(function, moved, cotangent)
        for mask, a, b in zip(where, before, after, strict=True):
            jumps = np.abs(a - b) > LEAST_JUMP
            if (jumps & ~mask).any():
                last_find = i
            mask |= jumps
        if i - last_find >= MOVES_WITHOUT_FIND:
            break
    return list(zip(where, chosen, strict=True))


def _step(i: int, draws: np.random.Generator, chosen: np.ndarray, found: np.ndarray) -> np.ndarray:
    """By how much numbers are moved in one try, from -1 to 1."""
    if i < 2:
        return np.where(chosen, 2.0 * i - 1, 1 - 2.0 * i)
    step = draws.uniform(-1, 1, chosen.shape)
    return np.where(chosen | found, step, (3 + step) / 4)


def _pulled_back(
    function: Callable, values: Sequence[np.ndarray], cotangent: np.ndarray
) -> list[np.ndarray]:
    tensors = [Tensor(v) for v in values]
    with quiet(), GradientTape() as tape:
        for tensor in tensors:
            tape.watch(tensor)
        y = function(tensors)
    gradients = tape.gradient(y, tensors, Tensor(cotangent.astype(y.dtype)))
    return [
        np.zeros_like(v) if g is None else g.numpy() for v, g in zip(values, gradients, strict=True)
    ]


def _called(call: Call, which: Sequence[int], values: Sequence[Tensor]) -> Tensor:
    """The output of a call with other inputs."""
    other = {id(call.inputs[i]): value for i, value in zip(which, values, strict=True)}
    args, kwargs = tree.map_structure(lambda x: other.get(id(x), x), call.arguments)
    output = call.layer.call(*args, **kwargs)
    return next(x for x in tree.flatten(output) if isinstance(x, Tensor))


def _values(call: Call, which: Any) -> Tensor:
    return before_activation(call) if which == BEFORE_ACTIVATION else call.inputs[which]


def _random(draws: np.random.Generator, shape: Any) -> np.ndarray:
    """Numbers of both signs that are not near zero."""
    size = draws.uniform(1, 2, tuple(shape))
    return (size * draws.choice([-1, 1], size.shape)).astype("float32")
