"""`receptive_field`: which part of the input an element of a layer's output depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minicnn.analysis.checks import chosen_calls
from minicnn.analysis.reach import Reach
from minicnn.analysis.reach_rules import rule_of
from minicnn.analysis.symbolic_calls import CallGraph, SymbolicCall, call_graph, open_call
from minicnn.common.tables import ShownAsTable, Table


class ReceptiveField(ShownAsTable):
    """The part of the input that the elements of one output depend on.

    Attributes:
        name: of the call.
        shape: of the output.
        input_shape: of the input.
        axes: the spatial axes of the input, to which the following belong.
        size: along each axis the number of positions between the first and the last, as far from
            the borders as the formula assumes; it may be larger than the image.
        stride: by how much the part moves from one output to the next; 0 if all outputs see the
            same, None if there is no one step.
        offset: the first position of the part of output 0; negative if it begins in the padding.
    """

    def __init__(self, name: str, shape: tuple, input_shape: tuple, axes: tuple, reach: Reach):
        self.name = name
        self.shape = shape
        self.input_shape = input_shape
        self.axes = axes
        self._reach = reach
        lines, low, high = self._reach.lines, *np.moveaxis(self._reach.bounds, -1, 0)
        known = high >= 0
        self.size = tuple(
            _widest(low[..., i], high[..., i], known[..., i]) if line is None else int(line.size)
            for i, line in enumerate(lines)
        )
        self.stride = tuple(None if line is None else _number(line.stride) for line in lines)
        self.offset = tuple(None if line is None else _number(line.start) for line in lines)

    def region(self, *position: int) -> tuple[slice, ...]:
        """The part of the input that one element of the output depends on.

        Args:
            position: of the element, without the batch; the last axes may be left out, which stand
                for all elements along them.

        Returns:
            A slice for each spatial axis of the input; empty ones if it depends on nothing.

        Raises:
            IndexError: a position outside of the output.
        """
        shape = self.shape[1:]
        if len(position) > len(shape):
            raise IndexError(f"Output {self.name!r} has {len(shape)} axes. Received: {position}.")
        for axis, (i, n) in enumerate(zip(position, shape, strict=False)):
            if not -n <= i < n:
                raise IndexError(
                    f"Position {i} is outside of axis {axis} of the output of {self.name!r}, which "
                    f"has length {n}."
                )
        bounds = self._reach.bounds
        for i, n in zip(position, shape, strict=False):
            bounds = bounds[0 if bounds.shape[0] == 1 else i % n]
        flat = bounds.reshape(-1, len(self.axes), 2)
        low, high = flat[..., 0].min(axis=0), flat[..., 1].max(axis=0)
        return tuple(
            slice(int(a), int(b) + 1) if b >= 0 else slice(0, 0)
            for a, b in zip(low, high, strict=True)
        )

    def table(self) -> Table:
        """One row."""
        return _table([self])


class ReceptiveFields(ShownAsTable, Mapping):
    """The receptive fields of all layers, by the names of the calls.

    Attributes:
        unknown: names of the calls for which there is none: a layer without a rule whose `call`
            cannot be executed without values, and what comes after it.
    """

    def __init__(self, fields: dict[str, ReceptiveField], unknown: list[str]):
        self._fields = fields
        self.unknown = unknown

    def __getitem__(self, name: str) -> ReceptiveField:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def table(self) -> Table:
        """A row for each call."""
        return _table(self._fields.values(), self.unknown)

    def summary_column(self) -> tuple[str, dict[str, str]]:
        """The title and the cells of a column for `model.summary(columns=[...])`."""
        cells = {name: times(field.size) for name, field in self.items()}
        return "Receptive Field", cells | dict.fromkeys(self.unknown, "unknown")


def receptive_field(
    model: Any, layer: Any = None, input_shape: Any = None, input_index: int = 0
) -> Any:
    """Which part of the input an element of a layer's output depends on.

    Size, stride and offset follow the formula of Araujo et al., "Computing receptive fields of
    convolutional neural networks" (Distill, 2019); the region of an element is exact, borders,
    dilation, branches and transposed convolutions included. Layers of your own are looked into.

    Args:
        model: a built model of any kind.
        layer: a layer or its name; all by default.
        input_shape: with the batch axis, if the model does not say it or leaves lengths open.
        input_index: which input, if the model has several.

    Returns:
        A `ReceptiveField`, or `ReceptiveFields` for all layers.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.analysis import receptive_field
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((28, 28, 1)),
        ...         keras.layers.Conv2D(8, 3, padding="same", name="conv"),
        ...         keras.layers.MaxPooling2D(2, name="pool"),
        ...         keras.layers.Conv2D(8, 3, name="conv2"),
        ...     ]
        ... )
        >>> print(receptive_field(model))
        Receptive fields in an input of (28, 28, 1)
        layer  output shape    size   stride  offset
        ─────────────────────────────────────────────
        conv   (1, 28, 28, 8)  3 × 3  1 × 1   -1 × -1
        pool   (1, 14, 14, 8)  4 × 4  2 × 2   -1 × -1
        conv2  (1, 12, 12, 8)  8 × 8  2 × 2   -1 × -1
        >>> receptive_field(model, "conv2").region(0, 11)
        (slice(0, 7, None), slice(21, 28, None))

    Raises:
        ValueError: a model that is not built, lengths that are not known, an unknown layer.
    """
    graph = call_graph(model, input_shape, "receptive_field")
    fields, unknown = _fields(graph, _checked_index(model, graph, input_index))
    if layer is None:
        return ReceptiveFields(fields, unknown)
    layer_of = {call.name: call.operation for call in graph.walk()}
    name = chosen_calls(layer, layer_of, layer_of, model)[0]
    if name not in fields:
        raise ValueError(
            f"The receptive field of {name!r} is not known: the model {model.name!r} has a layer "
            "before it for which there is no rule, and whose `call` cannot be executed without "
            f"values. Unknown are: {', '.join(unknown)}."
        )
    return fields[name]


def _checked_index(model: Any, graph: CallGraph, index: int) -> int:
    if not isinstance(index, int) or not 0 <= index < len(graph.inputs):
        raise ValueError(
            f"The model {model.name!r} has {len(graph.inputs)} inputs, which are counted from 0. "
            f"Received: input_index={index!r}."
        )
    return index


def _fields(graph: CallGraph, index: int) -> tuple[dict[str, ReceptiveField], list[str]]:
    """The receptive field of each call that depends on the input, and the unknown ones."""
    start = graph.inputs[index]
    shape = tuple(start.shape[1:])
    axes = input_axes(graph, shape)
    known: dict[int, Reach | None] = {id(start): Reach.of_input(shape, axes)}
    follow(graph.calls, known)
    fields, unknown = {}, []
    for call in graph.walk():
        reached = [known[id(x)] for x in call.outputs if id(x) in known]
        if not reached:
            continue
        if reached[0] is None:
            unknown.append(call.name)
            continue
        output = tuple(call.outputs[0].shape)
        fields[call.name] = ReceptiveField(call.name, output, shape, axes, reached[0])
    return fields, unknown


def follow(calls: list[SymbolicCall], known: dict[int, Reach | None]) -> None:
    """Adds to `known` what is found out about the outputs of calls; None for unknown."""
    for call in calls:
        given = [known[id(x)] for x in call.inputs if id(x) in known]
        if not given:
            _follow_from_within(call, known)
            continue
        axes = next((part.bounds.shape[-2] for part in given if part is not None), 0)
        parts = [
            known[id(x)] if id(x) in known else Reach.nothing(len(x.shape) - 1, axes)
            for x in call.inputs
        ]
        rule = rule_of(call)
        if any(part is None for part in parts):
            _follow_inside(call, known, None)
        elif rule is not None:
            known.update((id(y), rule(call, parts)) for y in call.outputs)
        else:
            _follow_inside(call, known, parts)


def _follow_from_within(call: SymbolicCall, known: dict[int, Reach | None]) -> None:
    """The same where the tensor that all depends on may be one inside the call."""
    follow(call.inner, known)
    ends = zip(call.outputs, call.ends, strict=False)
    known.update((id(y), known[id(end)]) for y, end in ends if id(end) in known)


def _follow_inside(call: SymbolicCall, known: dict, parts: list[Reach] | None) -> None:
    """The same for a call by those inside it; where there are none, its outputs are unknown."""
    has_inner = bool(call.inner)
    if parts is not None and (has_inner or _opens(call)):
        for x, start in zip(call.inputs, call.starts, strict=True):
            if id(x) in known:
                known[id(start)] = known[id(x)]
        follow(call.inner, known)
        ends = [known.get(id(x)) for x in call.ends]
        found = dict(zip(map(id, call.outputs), ends, strict=False))
        known.update(found)
        call.inner = call.inner if has_inner else []  # only layers are listed
        return
    known.update((id(y), None) for y in call.outputs)


def _opens(call: SymbolicCall) -> bool:
    """Whether the operation is written in others, which are then in `inner`."""
    if not open_call(call):
        return False
    same = len(call.inner) == 1 and type(call.inner[0].operation) is type(call.operation)
    call.inner = [] if same else call.inner
    return not same


def input_axes(graph: CallGraph, shape: tuple) -> tuple[int, ...]:
    """The axes of an input that are not its channels."""
    operations = [call.operation for call in graph.walk()]
    if len(shape) < 2:
        return tuple(range(len(shape)))
    if any(getattr(x, "data_format", None) == "channels_first" for x in operations):
        return tuple(range(1, len(shape)))
    if len(shape) == 2 and not any(getattr(x, "rank", None) == 1 for x in operations):
        return (0, 1)  # images without an axis of channels
    return tuple(range(len(shape) - 1))


def _widest(low: np.ndarray, high: np.ndarray, known: np.ndarray) -> int:
    return int(np.where(known, high - low + 1, 0).max(initial=0))


def _number(x: Any) -> int | float:
    return int(x) if x.denominator == 1 else float(x)


def times(values: tuple) -> str:
    return " × ".join("–" if n is None else f"{n:g}" for n in values)


def _table(fields: Any, unknown: list[str] = ()) -> Table:
    fields = list(fields)
    columns = ["layer", "output shape", "size", "stride", "offset"]
    rows = [[f.name, f.shape, times(f.size), times(f.stride), times(f.offset)] for f in fields]
    notes = [f"Unknown: {', '.join(unknown)}."] if unknown else []
    shape = fields[0].input_shape if fields else ()
    return Table(f"Receptive fields in an input of {shape}", columns, rows, notes=notes)
