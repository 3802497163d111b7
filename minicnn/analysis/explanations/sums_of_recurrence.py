"""How recurrent layers compute one unit at one step: the sums of its gates, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import layers
from minicnn.analysis.explanations.explanation import Parts, Step, Terms
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import Tensor
from minicnn.layers.base.masks import mask_of

Vector = np.ndarray


class CellStep(NamedTuple):
    """What a cell computes in one step, for all units, in float64.

    Attributes:
        states: the new ones.
        gates: of each gate its name, and the state that is multiplied by the recurrent kernel.
        lines: name, formula and numbers of each line; the last is the output.
    """

    states: list[Vector]
    gates: list[tuple[str, Vector]]
    lines: list[tuple[str, str, Vector]]


def simple(cell: Any, x: Vector, states: list[Vector]) -> CellStep:
    """`h' = φ(x · W + h · U + b)`."""
    (h,) = states
    (a,) = _sums(cell, x, [h])
    new = _applied(cell.activation, a)
    lines = [("a", "Σ input · kernel + Σ h · recurrent kernel + bias", a), ("h'", "φ(a)", new)]
    return CellStep([new], [("a", h)], lines)


def lstm(cell: Any, x: Vector, states: list[Vector]) -> CellStep:
    """`c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ φ(c')`."""
    h, c = states
    sums = _sums(cell, x, [h] * 4)
    i, f, o = (_applied(cell.recurrent_activation, sums[k]) for k in (0, 1, 3))
    g = _applied(cell.activation, sums[2])
    memory = f * c + i * g
    new = o * _applied(cell.activation, memory)
    lines = [
        *[("i", "σ(a₁)", i), ("f", "σ(a₂)", f), ("g", "φ(a₃)", g), ("o", "σ(a₄)", o)],
        *[("c", "of the step before", c), ("c'", "f · c + i · g", memory)],
        ("h'", "o · φ(c')", new),
    ]
    return CellStep([new, memory], [(name, h) for name in "ifgo"], lines)


def gru(cell: Any, x: Vector, states: list[Vector]) -> CellStep:
    """`h' = z ⊙ h + (1 − z) ⊙ g`."""
    (h,) = states
    units = cell.units
    a1, a2, a3 = np.split(x @ _array(cell.kernel) + _bias(cell, 0), 3)
    u = _array(cell.recurrent_kernel)
    m1, m2, m3 = np.split(h @ u + _bias(cell, 1), 3)
    z, r = (_applied(cell.recurrent_activation, n) for n in (a1 + m1, a2 + m2))
    last = r * m3 if cell.reset_after else (r * h) @ u[:, 2 * units :]
    g = _applied(cell.activation, a3 + last)
    new = z * h + (1 - z) * g
    formula = "φ(a₃ + r · m₃)" if cell.reset_after else "φ(a₃ + (r · h) · U₃)"
    lines = [
        *[("z", "σ(a₁ + m₁)", z), ("r", "σ(a₂ + m₂)", r), ("g", formula, g)],
        *[("h", "of the step before", h), ("h'", "z · h + (1 − z) · g", new)],
    ]
    of_g = h if cell.reset_after else r * h
    return CellStep([new], [("z", h), ("r", h), ("g", of_g)], lines)


CELLS: dict[type, Callable[[Any, Vector, list[Vector]], CellStep]] = {
    layers.SimpleRNN: simple,
    layers.LSTM: lstm,
    layers.GRU: gru,
}


def recurrent(call: Call, at: tuple[int, ...], sources: Sequence[str]) -> Parts:
    """The products of each gate of a unit, from the input of its step and the state before."""
    layer, cell = call.layer, call.layer.cell
    _check(call)
    compute = next(one for kind, one in CELLS.items() if isinstance(layer, kind))
    x = _array(call.inputs[0])[at[0]]
    order = list(range(len(x)))[:: -1 if layer.go_backwards else 1]
    *before, now = order[: at[1] + 1] if layer.return_sequences else order
    states = [np.zeros(cell.units) for _ in layer.state_size]
    for t in before:
        states = compute(cell, x[t], states).states
    step, unit = compute(cell, x[now], states), at[-1]
    places = np.stack([np.full(x.shape[1], now), np.arange(x.shape[1])], axis=-1)
    terms = []
    for k, (name, state) in enumerate(step.gates):
        column = k * cell.units + unit
        factors = {"input": x[now], "kernel": _array(cell.kernel)[:, column]}
        terms.append(Terms(f"{name}, from the input", sources[0], places, factors))
        factors = {"h": state, "recurrent kernel": _array(cell.recurrent_kernel)[:, column]}
        terms.append(Terms(f"{name}, from the state", "the state before", None, factors))
    return Parts(terms, [Step(name, formula, float(v[unit])) for name, formula, v in step.lines])


def _check(call: Call) -> None:
    """Raises a ValueError for what is not explained: masks, states from elsewhere, dropout."""
    layer, (_, settings) = call.layer, call.arguments
    drops = settings.get("training") and (layer.cell.dropout or layer.cell.recurrent_dropout)
    if len(call.inputs) > 1 or layer.stateful or drops or mask_of(call.inputs[0]) is not None:
        raise ValueError(
            f"There is no explanation for {call.name!r} with a mask, with states that are given or "
            "kept, or with dropout in training."
        )


def _sums(cell: Any, x: Vector, states: list[Vector]) -> list[Vector]:
    """The sums of the gates: input times kernel, state times recurrent kernel, bias."""
    total = x @ _array(cell.kernel) + states[0] @ _array(cell.recurrent_kernel) + _bias(cell, 0)
    return np.split(total, len(states))


def _bias(cell: Any, row: int) -> Vector | float:
    """The bias of the input (row 0) or, in a GRU that resets after the product, of the state."""
    if cell.bias is None:
        return 0.0
    bias = _array(cell.bias)
    if bias.ndim == 2:
        return bias[row]
    return bias if row == 0 else 0.0


def _applied(activation: Any, x: Vector) -> Vector:
    return np.asarray(activation(Tensor(x[None])).numpy(), "float64")[0]


def _array(x: Any) -> np.ndarray:
    return x.numpy().astype("float64")
