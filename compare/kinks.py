"""Finds where rounding decides the branch of a function: ReLU at zero, equal maxima of a pool.

A function with a kink has another derivative on each side of it. Where its argument is as close to
the kink as rounding, two right libraries may differ. `Following` runs minicnn's operations and
lists the branches that each took, or makes them take given branches. So perturbed arithmetic can
measure rounding without crossing kinks, and the effect of a single unit's other branch can be
computed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.ops.define.primitive import Primitive

MOST_UNITS = 100  # of one computation; more of them are a network that proves nothing


class Unit(NamedTuple):
    """One decision: the number of the call, the decision's number in it, the operation's name."""

    call: int
    index: int
    operation: str


@dataclass
class Edges:
    """Elementwise decisions: on which side of each edge an element is."""

    edges: list
    above: list[np.ndarray]

    @classmethod
    def of(cls, array: np.ndarray, *edges: Any) -> Edges:
        return cls(list(edges), [array > edge for edge in edges])

    def margins(self, array: np.ndarray) -> np.ndarray:
        """The distance from the kink of each decision, flat."""
        return np.concatenate([(array - edge).ravel() for edge in self.edges])

    def forced(self, array: np.ndarray, flipped: Sequence[int]) -> np.ndarray:
        """The array, moved to the decided sides by as little as possible."""
        above = np.concatenate([side.ravel() for side in self.above])
        above[list(flipped)] ^= True
        for edge, side in zip(self.edges, np.split(above, len(self.edges)), strict=True):
            side = side.reshape(array.shape)
            over = np.maximum(array, np.nextafter(edge, np.inf))
            array = np.where(side, over, np.minimum(array, np.nextafter(edge, -np.inf)))
        return array


@dataclass
class Windows:
    """Decisions on which element of a window is the largest.

    Attributes:
        places: flat positions `(windows, elements)` in the array; -1 for padding.
        sign: -1 if the smallest element is wanted.
        first, second: the positions of the largest element and of the next one.
    """

    places: np.ndarray
    sign: int
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, array: np.ndarray, places: np.ndarray, sign: int = 1) -> Windows:
        values = np.where(places < 0, -np.inf, sign * array.ravel()[places])
        rows = np.arange(len(places))
        first = values.argmax(1)
        values[rows, first] = -np.inf
        second = values.argmax(1)
        return cls(places, sign, places[rows, first], places[rows, second])

    def margins(self, array: np.ndarray) -> np.ndarray:
        """The largest element minus the next one; infinite where they are equal.

        Equal elements of a pool are nearly always zeros of a ReLU, which has no gradient there.
        """
        flat = self.sign * array.ravel()
        margins = flat[self.first] - flat[self.second]
        return np.where((margins == 0) | (self.first == self.second), np.inf, margins)

    def forced(self, array: np.ndarray, flipped: Sequence[int]) -> np.ndarray:
        """The array, with the decided element of each window raised above the others."""
        chosen = self.first.copy()
        chosen[list(flipped)] = self.second[list(flipped)]
        flat = self.sign * array.ravel()
        values = np.where(self.places < 0, -np.inf, flat[self.places])
        largest, own = values.max(1), flat[chosen]
        others = np.where(self.places == chosen[:, None], -np.inf, values).max(1)
        lower = (own < largest) | ((own == others) & np.isin(np.arange(len(own)), list(flipped)))
        flat[chosen[lower]] = np.nextafter(largest[lower], np.inf)
        return (self.sign * flat).reshape(array.shape)


Decisions = Edges | Windows


class Call(NamedTuple):
    """A call of an operation with kinks: its decisions, and their margins before any was forced."""

    operation: str
    decisions: Decisions
    margins: np.ndarray


class Following(contextlib.AbstractContextManager):
    """Context in which operations with kinks are followed; it gives the list of calls so far.

    With `decided`, the list of an earlier run of the same program, every decision is as it was
    there, except for the `flipped` units.
    """

    def __init__(self, decided: Sequence[Call] | None = None, flipped: Collection[Unit] = ()):
        self.calls: list[Call] = []
        self._decided, self._flipped = decided, flipped

    def __enter__(self) -> list[Call]:
        original = Primitive.__call__

        def call(primitive: Primitive, *args: Any, **kwargs: Any) -> Any:
            if found := _decisions(primitive, args, kwargs):
                self._follow(primitive.name, *found)
            return original(primitive, *args, **kwargs)

        self._patch = mock.patch.object(Primitive, "__call__", call)
        self._patch.start()
        return self.calls

    def __exit__(self, *_: object) -> None:
        self._patch.stop()

    def _follow(self, name: str, tensor: Tensor, decisions: Decisions) -> None:
        number = len(self.calls)
        if self._decided is not None:
            decisions = self._decided[number].decisions
        self.calls.append(Call(name, decisions, decisions.margins(tensor.array)))
        if self._decided is not None:
            others = [unit.index for unit in self._flipped if unit.call == number]
            tensor.array = decisions.forced(tensor.array, others)


def close(exact: Sequence[Call], perturbed: Sequence[Sequence[Call]], times: float) -> list[Unit]:
    """The units whose margin is at most `times` what perturbed runs change it by, closest first.

    A unit's own change may be small by chance, so it counts as at least the root mean square of
    its call's.
    """
    units: list[tuple[float, Unit]] = []
    for number, (call, *others) in enumerate(zip(exact, *perturbed, strict=True)):
        with np.errstate(invalid="ignore"):  # margins may be infinite
            changes = np.nan_to_num([np.abs(o.margins - call.margins) for o in others], posinf=0)
        rounding = np.maximum(changes.max(0), np.sqrt(np.mean(changes**2)))
        found = np.flatnonzero(np.abs(call.margins) <= times * rounding)
        margins = np.abs(call.margins[found])
        units += [
            (m, Unit(number, int(i), call.operation)) for m, i in zip(margins, found, strict=True)
        ]
    return [unit for _, unit in sorted(units)]


def _decisions(primitive: Primitive, args: tuple, kwargs: dict) -> tuple[Tensor, Decisions] | None:
    kind = _KINDS.get(primitive.name)
    if kind is None:
        return None
    given, settings = primitive.bind(args, kwargs)
    x = given[0]
    if not isinstance(x, Tensor) or x.variable or x.dtype.kind != "f" or not x.array.size:
        return None
    return kind(given, settings)


def _edges(*values: float) -> Callable:
    return lambda given, settings: (given[0], Edges.of(given[0].array, *values))


def _beside(name: str) -> Callable:
    """Edges on both sides of zero, at the setting with this name."""

    def decisions(given: Sequence, settings: dict) -> tuple[Tensor, Decisions]:
        return given[0], Edges.of(given[0].array, -settings[name], settings[name])

    return decisions


def _at_bounds(given: Sequence, settings: dict) -> tuple[Tensor, Decisions] | None:
    bounds = [np.asarray(b, "float64") for k, b in settings.items() if b is not None and "x_" in k]
    return (given[0], Edges.of(given[0].array, *bounds)) if bounds else None


def _of_two(given: Sequence, settings: dict) -> tuple[Tensor, Decisions] | None:
    """The larger or smaller of two: the edge of the one with the full shape is the other one."""
    arrays = [
        x.array if isinstance(x, Tensor) else np.asarray(getattr(x, "value", x)) for x in given
    ]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    for tensor, other in zip(given, reversed(arrays), strict=True):
        if isinstance(tensor, Tensor) and tensor.shape == shape:
            return tensor, Edges.of(tensor.array, other)
    return None


def _reduced(sign: int) -> Callable:
    def decisions(given: Sequence, settings: dict) -> tuple[Tensor, Decisions]:
        array, axis = given[0].array, settings.get("axis")
        axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
        places = np.arange(array.size).reshape(array.shape)
        places = np.moveaxis(places, [int(a) for a in axes], range(-len(axes), 0))
        rows = places.reshape(-1, int(np.prod(places.shape[-len(axes) :], dtype=int)))
        return given[0], Windows.of(array, rows, sign)

    return decisions


def _pooled(given: Sequence, settings: dict) -> tuple[Tensor, Decisions]:
    array = given[0].array
    places = np.arange(array.size).reshape(array.shape)
    if settings.get("data_format") == "channels_first":
        places = np.moveaxis(places, 1, -1)
    rank = array.ndim - 2
    size = _for_each_axis(settings["pool_size"], rank)
    strides = size if settings["strides"] is None else _for_each_axis(settings["strides"], rank)
    pads = [
        _pads(settings["padding"], i, n, k, s)
        for i, (n, k, s) in enumerate(zip(places.shape[1:-1], size, strides, strict=True))
    ]
    places = np.pad(places, [(0, 0), *pads, (0, 0)], constant_values=-1)
    spatial = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(places, size, spatial)
    windows = windows[(slice(None), *(slice(None, None, s) for s in strides))]
    return given[0], Windows.of(array, windows.reshape(-1, int(np.prod(size))))


def _for_each_axis(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _pads(padding: Any, axis: int, length: int, size: int, stride: int) -> tuple[int, int]:
    if not isinstance(padding, str):
        return tuple(padding[axis])
    total = max((-(-length // stride) - 1) * stride + size - length, 0) * (padding == "same")
    return total // 2, total - total // 2


_KINDS: dict[str, Callable] = {
    **dict.fromkeys(
        ("relu", "leaky_relu", "elu", "selu", "celu", "absolute", "abs", "fabs"), _edges(0.0)
    ),
    "relu6": _edges(0.0, 6.0),
    "hard_sigmoid": _edges(-3.0, 3.0),
    "hard_silu": _edges(-3.0, 3.0),
    "hard_tanh": _edges(-1.0, 1.0),
    "sparse_sigmoid": _edges(-1.0, 1.0),
    "sparse_plus": _edges(-1.0, 1.0),
    "hard_shrink": _beside("threshold"),
    "soft_shrink": _beside("threshold"),
    "threshold": lambda given, s: (given[0], Edges.of(given[0].array, s["threshold"])),
    "clip_between": _at_bounds,
    **dict.fromkeys(("maximum", "minimum", "fmax", "fmin"), _of_two),
    **dict.fromkeys(("max", "amax"), _reduced(1)),
    **dict.fromkeys(("min", "amin"), _reduced(-1)),
    **dict.fromkeys(("_max_pool", "max_pool"), _pooled),
}
