"""`regions_before`: which part of each earlier layer's output an element depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from minicnn.analysis.checks import chosen_calls
from minicnn.analysis.reach import Reach
from minicnn.analysis.receptive_fields import ReceptiveField, follow, input_axes, times
from minicnn.analysis.symbolic_calls import CallGraph, SymbolicCall, call_graph
from minicnn.analysis.watched_calls import input_name
from minicnn.common.tables import ShownAsTable, Table


class RegionsBefore(ShownAsTable, Mapping):
    """The receptive fields of one layer in all tensors before it, by the names of their calls.

    Attributes:
        name: of the call whose receptive fields they are.
    """

    def __init__(self, name: str, fields: dict[str, ReceptiveField]):
        self.name = name
        self._fields = fields

    def __getitem__(self, name: str) -> ReceptiveField:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def at(self, *position: int) -> dict[str, tuple[slice, ...]]:
        """For one element the part of each tensor that it depends on; see `region`."""
        return {name: field.region(*position) for name, field in self.items()}

    def table(self) -> Table:
        """A row for each tensor."""
        rows = [
            [name, f.input_shape, times(f.size), times(f.stride), times(f.offset)]
            for name, f in self.items()
        ]
        columns = ["in", "shape", "size", "stride", "offset"]
        return Table(f"Receptive fields of {self.name}", columns, rows)


def regions_before(model: Any, layer: Any, input_shape: Any = None) -> RegionsBefore:
    """Which part of the input and of each earlier layer's output an element depends on.

    Args:
        model: a built model of any kind.
        layer: a layer or its name.
        input_shape: with the batch axis, if the model does not say it or leaves lengths open.

    Returns:
        A `ReceptiveField` for each earlier call that the layer depends on, and for `input`
        (`input[1]` for a second one; `model input` if a layer is called `input`).

    Example:
        >>> import minicnn as keras
        >>> from minicnn.analysis import regions_before
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((28, 28, 1)),
        ...         keras.layers.Conv2D(8, 3, padding="same", name="conv"),
        ...         keras.layers.MaxPooling2D(2, name="pool"),
        ...         keras.layers.Conv2D(8, 3, name="conv2"),
        ...     ]
        ... )
        >>> found = regions_before(model, "conv2")
        >>> print(found)
        Receptive fields of conv2
        in     shape        size   stride  offset
        ──────────────────────────────────────────
        input  (28, 28, 1)  8 × 8  2 × 2   -1 × -1
        conv   (28, 28, 8)  6 × 6  2 × 2   0 × 0
        pool   (14, 14, 8)  3 × 3  1 × 1   0 × 0
        >>> found.at(0, 11)["pool"]
        (slice(0, 3, None), slice(11, 14, None))

    Raises:
        ValueError: a model that is not built, lengths that are not known, an unknown layer.
    """
    graph = call_graph(model, input_shape, "regions_before")
    calls = {call.name: call for call in graph.walk()}
    layers = {name: call.operation for name, call in calls.items()}
    target = calls[chosen_calls(layer, layers, layers, model)[0]]
    count = len(graph.inputs)
    own = input_name(calls)
    names = [own] if count == 1 else [f"{own}[{i}]" for i in range(count)]
    starts = dict(zip(names, graph.inputs, strict=True))
    starts |= {name: call.outputs[0] for name, call in calls.items() if not call.inner}
    fields = {}
    for name, start in starts.items():
        field = None if name == target.name else _field_in(graph, start, target)
        if field is not None:
            fields[name] = field
    return RegionsBefore(target.name, fields)


def _field_in(graph: CallGraph, start: Any, target: SymbolicCall) -> ReceptiveField | None:
    """The receptive field of a call in one tensor; None if it does not depend on it."""
    shape = tuple(start.shape[1:])
    axes = input_axes(graph, shape)
    known: dict[int, Reach | None] = {id(start): Reach.of_input(shape, axes)}
    follow(graph.calls, known)
    reach = known.get(id(target.outputs[0]))
    if reach is None or reach.is_nothing:
        return None
    return ReceptiveField(target.name, tuple(target.outputs[0].shape), shape, axes, reach)
