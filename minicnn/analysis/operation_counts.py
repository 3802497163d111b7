"""`operations`: multiply-adds, parameters and bytes of each layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from minicnn.analysis.multiply_adds import backward_count, layer_rule, operation_count
from minicnn.analysis.symbolic_calls import CallGraph, SymbolicCall, call_graph, open_call
from minicnn.common.dtypes import numpy_dtype
from minicnn.common.printing import readable_memory_size
from minicnn.common.suggest import unknown_name
from minicnn.common.tables import ShownAsTable, Table
from minicnn.layers import Layer


class LayerOperations(NamedTuple):
    """What one call of a layer computes and keeps, for one batch.

    Attributes:
        name: of the call, as in `activations`.
        type: class of the layer.
        shape: of the output.
        multiply_adds: forward; None if unknown.
        backward_multiply_adds: for the gradients in training; None if unknown.
        parameters: elements of the weights that no row before has.
        parameter_bytes: of the same.
        output_bytes: of the output.
    """

    name: str
    type: str
    shape: Any
    multiply_adds: int | None
    backward_multiply_adds: int | None
    parameters: int
    parameter_bytes: int
    output_bytes: int


class Operations(ShownAsTable):
    """The rows of all layers, and their sums.

    Attributes:
        layers: a `LayerOperations` for each call.
        multiply_adds, backward_multiply_adds: sums of what is known.
        training_multiply_adds: both together: a training step without the optimizer.
        parameters, parameter_bytes, output_bytes: sums.
        unknown: names of the rows whose multiply-adds are unknown.
    """

    def __init__(self, model_name: str, rows: list[LayerOperations]):
        self.model_name = model_name
        self.layers = rows
        self.multiply_adds = sum(row.multiply_adds or 0 for row in rows)
        self.backward_multiply_adds = sum(row.backward_multiply_adds or 0 for row in rows)
        self.training_multiply_adds = self.multiply_adds + self.backward_multiply_adds
        self.parameters = sum(row.parameters for row in rows)
        self.parameter_bytes = sum(row.parameter_bytes for row in rows)
        self.output_bytes = sum(row.output_bytes for row in rows)
        self.unknown = [row.name for row in rows if row.multiply_adds is None]

    def __getitem__(self, name: str) -> LayerOperations:
        return named_row(self.layers, name)

    def table(self) -> Table:
        """A row for each layer, and the sums."""
        columns = ["layer", "type", "output shape", "multiply-adds", "backward", "parameters"]
        columns += ["weights", "output"]
        rows = [
            [
                row.name,
                row.type,
                row.shape,
                _or_unknown(row.multiply_adds),
                _or_unknown(row.backward_multiply_adds),
                row.parameters,
                _memory(row.parameter_bytes),
                _memory(row.output_bytes),
            ]
            for row in self.layers
        ]
        total = ["in all", "", "", self.multiply_adds, self.backward_multiply_adds]
        total += [self.parameters, _memory(self.parameter_bytes), _memory(self.output_bytes)]
        notes = [f"Unknown, and not in the sum: {', '.join(self.unknown)}."] if self.unknown else []
        return Table(f"Operations of {self.model_name!r}", columns, rows, total, notes)

    def summary_column(self) -> tuple[str, dict[str, str]]:
        """The title and the cells of a column for `model.summary(columns=[...])`."""
        counts: dict[str, int | None] = {}
        for row in self.layers:  # a layer with others inside has their sum
            parts = row.name.split("/")
            for end in range(1, len(parts) + 1):
                name, before = "/".join(parts[:end]), counts.get("/".join(parts[:end]), 0)
                unknown = before is None or row.multiply_adds is None
                counts[name] = None if unknown else before + row.multiply_adds
        return "Multiply-adds", {name: _or_unknown(count) for name, count in counts.items()}


def named_row(rows: list, name: str) -> Any:
    """The row of that name."""
    for row in rows:
        if row.name == name:
            return row
    raise KeyError(unknown_name("row", name, [row.name for row in rows]))


def operations(model: Any, input_shape: Any = None, batch_size: int = 1) -> Operations:
    """How much each layer computes and keeps: multiply-adds, parameters, bytes.

    A multiply-add is `a · b + c`. Convolutions, products and normalizations have them; activations,
    poolings and sums count as zero. Backward, a layer computes as many for the gradient to its
    input and as many for the gradient to its weights, where these are needed: the first layer needs
    none to its input, a frozen one none to its weights. Winograd's algorithm gets by with fewer
    multiplications than are counted here. A layer of your own has the count of the operations in
    its `call`, or "unknown" if that cannot be executed without values.

    Args:
        model: a built model of any kind; a layer that is called twice has a row for each call.
        input_shape: with the batch axis, if the model does not say it or leaves lengths open.
        batch_size: samples in a batch.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.analysis import operations
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((5, 5, 2)),
        ...         keras.layers.Conv2D(8, 3, name="conv"),
        ...         keras.layers.Flatten(name="flat"),
        ...         keras.layers.Dense(10, name="dense"),
        ...     ],
        ...     name="net",
        ... )
        >>> print(operations(model))
        Operations of 'net'
        layer   type     output shape  multiply-adds  backward  parameters   weights    output
        ──────────────────────────────────────────────────────────────────────────────────────
        conv    Conv2D   (1, 3, 3, 8)          1,296     1,296         152  608.00 B  288.00 B
        flat    Flatten  (1, 72)                   0         0           0         0  288.00 B
        dense   Dense    (1, 10)                 720     1,440         730   2.85 KB   40.00 B
        ──────────────────────────────────────────────────────────────────────────────────────
        in all                                 2,016     2,736         882   3.45 KB  616.00 B

    Raises:
        ValueError: a model that is not built, or lengths that are not known.
    """
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"`batch_size` must be a whole number from 1. Received: {batch_size!r}")
    graph = call_graph(model, input_shape, "operations", batch_size)
    return Operations(model.name, list(_Counter(model, graph).rows()))


class _Counter:
    """Goes through a graph and counts."""

    def __init__(self, model: Any, graph: CallGraph):
        self._model = model
        self._graph = graph
        self._counted: set[int] = set()  # weights
        self._needs: dict[int, bool] = {}  # whether a gradient to a tensor is needed

    def rows(self) -> Iterator[LayerOperations]:
        """The rows, in the order of the calls; last, what the model has beside its layers."""
        yield from self._inside(self._graph.calls)
        weights = self._new_weights(self._model)
        if weights:
            yield LayerOperations(
                self._model.name, type(self._model).__name__, "", 0, 0, *_sizes(weights), 0
            )

    def _inside(self, calls: list[SymbolicCall]) -> Iterator[LayerOperations]:
        for call in calls:
            needed = [self._needs.get(id(x), False) for x in call.inputs]
            if call.inner and layer_rule(call.operation) is None:
                self._needs.update(zip(map(id, call.starts), needed, strict=True))
                yield from self._inside(call.inner)
                outputs = [self._needs.get(id(x), False) for x in call.ends]
                if weights := self._new_weights(call.operation):
                    yield self._row(call, 0, 0, weights)
            else:
                forward, backward = self._counts(call, needed)
                weights = self._new_weights(call.operation)
                if isinstance(call.operation, Layer) or forward or call.in_graph:
                    yield self._row(call, forward, backward, weights)
                trained = bool(getattr(call.operation, "trainable_weights", ()))
                trained = trained or any(map(_is_trained, call.arguments.args))
                outputs = [trained or any(needed)] * len(call.outputs)
            self._needs.update(zip(map(id, call.outputs), outputs, strict=False))

    def _counts(self, call: SymbolicCall, needed: list[bool]) -> tuple[int | None, int | None]:
        """Multiply-adds of a call without others inside, forward and backward."""
        layer = call.operation
        if not isinstance(layer, Layer):
            count = operation_count(call)
            operands = sum(needed) + sum(map(_is_trained, call.arguments.args))
            return count, None if count is None else backward_count(call, count, operands)
        rule = layer_rule(layer)
        if rule is not None:
            count = rule(call)
            tensors = sum(needed) + bool(layer.trainable_weights)
            return count, backward_count(call, count, tensors)
        if _is_of_library(layer):
            return 0, 0
        return self._counts_in_call(call, needed)

    def _counts_in_call(self, call: SymbolicCall, needed: list[bool]) -> Any:
        """The sums over the operations in the `call` of a layer without a rule."""
        opened = SymbolicCall(call.name, call.node)
        if not open_call(opened):
            return None, None
        inner = _Counter(call.operation, self._graph)
        inner._needs = dict(zip(map(id, opened.starts), needed, strict=True))
        parts = []
        for step in opened.inner:
            arriving = [inner._needs.get(id(x), False) for x in step.inputs]
            parts.append(inner._counts(step, arriving))
            trained = any(arriving) or any(map(_is_trained, step.arguments.args))
            inner._needs.update((id(x), trained) for x in step.outputs)
        if any(forward is None for forward, _ in parts):
            return None, None
        return tuple(sum(column) for column in zip(*parts, strict=True)) if parts else (0, 0)

    def _new_weights(self, operation: Any) -> list[Any]:
        """The weights of a layer that no row has yet, without those of layers inside."""
        own = {id(w): w for w in getattr(operation, "weights", ()) if id(w) not in self._counted}
        self._counted.update(own)
        return list(own.values())

    @staticmethod
    def _row(call: SymbolicCall, forward: Any, backward: Any, weights: list) -> LayerOperations:
        shapes = [x.shape for x in call.outputs]
        size = sum(math.prod(x.shape) * numpy_dtype(x.dtype).itemsize for x in call.outputs)
        shape = shapes[0] if len(shapes) == 1 else shapes
        return LayerOperations(
            call.name, call.kind, shape, forward, backward, *_sizes(weights), size
        )


def _is_trained(x: Any) -> bool:
    return bool(getattr(x, "trainable", False))


def _is_of_library(layer: Any) -> bool:
    kind = next(c for c in type(layer).__mro__ if "call" in vars(c))
    return kind.__module__.startswith("minicnn.") and type(layer).__name__ != "Lambda"


def _sizes(weights: list[Any]) -> tuple[int, int]:
    return (
        sum(math.prod(w.shape) for w in weights),
        sum(math.prod(w.shape) * numpy_dtype(w.dtype).itemsize for w in weights),
    )


def _memory(size: int) -> str:
    return readable_memory_size(size) if size else "0"


def _or_unknown(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"
