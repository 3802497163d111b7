"""The table that `model.summary()` prints."""

from __future__ import annotations

import math
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from minicnn import tree
from minicnn.common import dtypes
from minicnn.common.printing import print_msg, readable_memory_size
from minicnn.common.tables import Table
from minicnn.models.summary_columns import MoreColumns, more_columns

_ALIGN = {"left": str.ljust, "right": str.rjust, "center": str.center}


class _Column(NamedTuple):
    title: str
    align: str
    end: float  # where the column ends, as a share of the line


_SIMPLE = (
    _Column("Layer (type)", "left", 0.45),
    _Column("Output Shape", "left", 0.80),
    _Column("Param #", "right", 1.0),
)
_CONNECTED = (
    _Column("Layer (type)", "left", 0.3),
    _Column("Output Shape", "left", 0.56),
    _Column("Param #", "right", 0.74),
    _Column("Connected to", "left", 1.0),
)


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    columns: Sequence[Any] = (),
) -> None:
    """Prints a table of a model's layers and their numbers of parameters.

    Args:
        model: a model, built or not.
        line_length: width of the table in characters; by default that of the terminal.
        positions: where the columns end, as shares of the line, such as [0.45, 0.8, 1.0].
        print_fn: called with the whole text instead of printing it.
        expand_nested: show the layers of models inside the model too.
        show_trainable: whether a column shows which layers are trainable.
        layer_range: names (or regular expressions) of the first and the last layer to show.
        columns: more columns; see `summary_columns.py`.
    """
    nodes = _graph_nodes(model)
    own = _SIMPLE if _is_a_line(model, nodes) else _CONNECTED
    shown_nodes = nodes if own is _CONNECTED else None
    length = 88 if own is _SIMPLE else 108
    if positions:
        own = [c._replace(end=end) for c, end in zip(own, positions, strict=False)]
    if show_trainable:
        length += 12
        own = [column._replace(end=column.end * 0.9) for column in own]
        own.append(_Column("Trainable", "center", 1.0))
    listed = [
        found
        for top_layer in _select(model.layers if nodes is None else model._operations, layer_range)
        for found in _with_nested(top_layer, 0 if expand_nested else None)
    ]
    more = more_columns(columns, [(layer, path) for layer, _, path in listed])
    rows = [
        [*_cells(layer, depth, shown_nodes, show_trainable), *cells]
        for (layer, depth, _), cells in zip(listed, more.rows, strict=True)
    ]
    added = sum(more.widths)
    line_length = line_length or min(length, shutil.get_terminal_size().columns - 4) + added
    shares = _with_more(own, more, line_length)
    lines = [f'Model: "{model.name}"', *_table(shares, rows, line_length), *_totals(model)]
    text = "\n".join(lines) + "\n"
    if print_fn is None:
        print_msg(text, line_break=False)
    else:
        print_fn(text)


def summary_table(model: Any) -> Table:
    """The same as a plain table, which notebooks show."""
    nodes = _graph_nodes(model)
    columns = _SIMPLE if _is_a_line(model, nodes) else _CONNECTED
    shown_nodes = nodes if columns is _CONNECTED else None
    layers = model.layers if nodes is None else model._operations
    rows = [_cells(layer, 0, shown_nodes, False) for layer in layers]
    title = f'{type(model).__name__} "{model.name}"'
    notes = [line.strip() for line in _totals(model)]
    return Table(title, [column.title for column in columns], rows, notes=notes)


def _with_more(columns: Sequence[_Column], more: MoreColumns, line_length: int) -> list[_Column]:
    """The columns, moved together, with others behind them."""
    end = 1 - sum(more.widths) / line_length
    found = [column._replace(end=column.end * end) for column in columns]
    for title, width in zip(more.titles, more.widths, strict=True):
        end += width / line_length
        found.append(_Column(title, "right", end + 1e-9))
    return found


def count_params(weights: Iterable[Any]) -> int:
    """The number of elements of the weights."""
    return sum(math.prod(weight.shape) for weight in weights)


def weight_memory_size(weights: Iterable[Any]) -> int:
    """The bytes of the weights, counting each weight once."""
    once = {id(weight): weight for weight in weights}.values()
    return sum(math.prod(w.shape) * dtypes.numpy_dtype(w.dtype).itemsize for w in once)


def _graph_nodes(model: Any) -> list[Any] | None:
    """The nodes of a functional model's graph; None for other models, which are lists of layers."""
    return model._nodes if model._is_functional else None


def _is_a_line(model: Any, nodes: list[Any] | None) -> bool:
    """Whether each layer's only input is the one before, so that connections are not shown."""
    if nodes is None:
        return True
    depths = [model._depth_of[node] for node in nodes]
    if len(set(depths)) < len(depths):
        return False
    if any(len(tree.flatten(node.input_tensors)) > 1 for node in nodes):
        return False
    ids = {id(node) for node in nodes}
    return all(sum(id(node) in ids for node in layer._inbound_nodes) <= 1 for layer in model.layers)


def _select(layers: Sequence[Any], layer_range: Sequence[str] | None) -> Sequence[Any]:
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(
            "`layer_range` must be a list or tuple of length 2 with the names of the first and "
            f"the last layer, and contain string type only. Received: {layer_range}"
        )
    first, last = (
        [i for i, layer in enumerate(layers) if re.match(pattern, layer.name)]
        for pattern in layer_range
    )
    if not first or not last:
        names = ", ".join(layer.name for layer in layers)
        raise ValueError(
            f"`layer_range` does not match the layer names in the model. Received: {layer_range}. "
            f"The layers are: {names}"
        )
    if min(first) > max(last):
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def _with_nested(layer: Any, depth: int | None, parent: str = "") -> Iterable[tuple[Any, int, str]]:
    """The layer and, unless depth is None, all layers inside, with their depths and paths."""
    path = f"{parent}{layer.name}"
    yield layer, depth or 0, path
    if depth is None:
        return
    for inner in getattr(layer, "layers", ()):
        yield from _with_nested(inner, depth + 1, f"{path}/")


def _cells(layer: Any, depth: int, nodes: list[Any] | None, show_trainable: bool) -> list[str]:
    prefix = "   " * depth + "└ " if depth else ""
    cells = [
        f"{prefix}{layer.name} ({type(layer).__name__})",
        _output_shape(layer),
        _parameter_count(layer),
    ]
    if nodes is not None:
        cells.append(_connections(layer, nodes))
    if show_trainable:
        has_weights = bool(getattr(layer, "weights", ()))
        cells.append(("Y" if layer.trainable else "N") if has_weights else "-")
    return cells


def _output_shape(layer: Any) -> str:
    shapes_of_build = getattr(layer, "_build_shapes_dict", None)
    if layer._inbound_nodes:
        outputs = layer._inbound_nodes[-1].output_tensors
        shapes = tree.map_structure(lambda x: _shape_text(x.shape), outputs)
    elif shapes_of_build:
        try:
            # A single shape by position: the parameter's name is the layer's own.
            single = shapes_of_build if len(shapes_of_build) == 1 else {}
            several = {} if single else shapes_of_build
            shapes = layer.compute_output_shape(*single.values(), **several)
        except NotImplementedError:
            return "?"
        shapes = tree.map_shape_structure(_shape_text, shapes)
    elif getattr(layer, "outputs", None):
        shapes = tuple(_shape_text(x.shape) for x in layer.outputs)
    else:
        return "?"
    flat = tree.flatten(shapes)
    return flat[0] if len(flat) == 1 else str(shapes).replace("'", "")


def _shape_text(shape: Iterable[int | None]) -> str:
    return f"({', '.join(str(size) for size in shape)})"


def _parameter_count(layer: Any) -> str:
    if not hasattr(layer, "built"):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _connections(layer: Any, nodes: list[Any]) -> str:
    ids = {id(node) for node in nodes}
    sources = [
        tensor._keras_history
        for node in layer._inbound_nodes
        if id(node) in ids
        for tensor in node.input_tensors
    ]
    names = [f"{operation.name}[{node}][{tensor}]" for operation, node, tensor in sources]
    return ", ".join(names) or "-"


def _totals(model: Any) -> list[str]:
    groups = {
        "Trainable": _trainable_weights(model),
        "Non-trainable": list(model.non_trainable_weights),
    }
    optimizer = getattr(model, "optimizer", None)
    if model.compiled and optimizer and optimizer.built:
        groups["Optimizer"] = list(optimizer.variables)
    everything = [weight for weights in groups.values() for weight in weights]
    groups = {"Total": everything, **groups}
    return [
        f" {title} params: {count_params(weights):,} "
        f"({readable_memory_size(weight_memory_size(weights))})"
        for title, weights in groups.items()
    ]


def _trainable_weights(model: Any) -> list[Any]:
    # Weights that are frozen after `compile` are trained until the next `compile`.
    collected = getattr(model, "_collected_trainable_weights", None)
    return list(model.trainable_weights if collected is None else collected)


def _table(columns: Sequence[_Column], rows: list[list[str]], line_length: int) -> list[str]:
    widths = _widths(columns, line_length)
    aligns = [_ALIGN[column.align] for column in columns]

    def rule(left: str, line: str, middle: str, right: str) -> str:
        return left + middle.join(line * (width + 2) for width in widths) + right

    def row(cells: Iterable[str], bar: str) -> list[str]:
        wrapped = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
        height = max(len(lines) for lines in wrapped)
        padded = [lines + [""] * (height - len(lines)) for lines in wrapped]
        return [
            bar
            + bar.join(
                f" {align(text, width)} "
                for align, text, width in zip(aligns, texts, widths, strict=True)
            )
            + bar
            for texts in zip(*padded, strict=True)
        ]

    lines = [rule("┏", "━", "┳", "┓"), *row([c.title for c in columns], "┃")]
    lines.append(rule("┡", "━", "╇", "┩"))
    for index, cells in enumerate(rows):
        if index:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.extend(row(cells, "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    return lines


def _widths(columns: Sequence[_Column], line_length: int) -> list[int]:
    """Widths of the columns' texts: their shares of the line, less equal shares of the borders."""
    ends = [0, *(int(column.end * line_length) for column in columns)]
    borders = 3 * len(columns) + 1
    widths = []
    for index in range(len(columns)):
        share = round(borders / (len(columns) - index))
        borders -= share
        widths.append(ends[index + 1] - ends[index] - share)
    if min(widths) < 1:
        raise ValueError(
            f"Insufficient console width to print summary: {line_length}. Pass `line_length`."
        )
    return widths


def _wrap(text: str, width: int) -> list[str]:
    """Lines broken at spaces; a word longer than a line is cut off with an ellipsis."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
