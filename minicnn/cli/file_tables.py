"""The tables of what is in a file of a model or of weights."""

from __future__ import annotations

import textwrap
from typing import Any

from minicnn.cli.model_files import show, width
from minicnn.common.printing import print_msg, printable
from minicnn.common.tables import Table
from minicnn.saving.file_contents import FileContents

_UNSHOWN = {
    "name",
    "trainable",
    "dtype",
    "batch_input_shape",
    "sparse",
    "ragged",
    "optional",
    "autocast",
    "data_format",
}
_USUAL = {
    "strides": ([1], [1, 1], [1, 1, 1]),
    "dilation_rate": ([1], [1, 1], [1, 1, 1], 1),
    "groups": (1,),
    "use_bias": (True,),
    "activation": ("linear",),
}
_COMPILED = ("optimizer", "loss", "metrics", "weighted_metrics", "loss_weights")
_OF_OPTIMIZER = ("optimizer/", "optimizer_weights/")
_MOST_LINES = 6  # of a value
_LONGEST = 60  # characters of a name or a setting


def show_contents(found: FileContents, file: str) -> None:
    """Prints who wrote the file, its layers, the settings of compile, and its weights."""
    print_msg(_origin(found, file))
    print_msg("")
    if found.config:
        _show_config(found)
    show(_weights(found), ("layer", "dtype", "size"))
    if found.assets:
        print_msg(f"Other files: {', '.join(map(_short, found.assets[:20]))}")


def _show_config(found: FileContents) -> None:
    layers = [
        [_short("  " * layer.depth + layer.name), _short(layer.kind), _settings(layer.config)]
        for layer in found.layers
    ]
    if layers:
        show(_clipped(Table("Layers", ["name", "type", "settings"], layers)))
    else:
        print_msg("The config lists no layers, as that of a subclassed model: see the weights.")
    print_msg("")
    print_msg(_compiled(found.config.get("compile_config")))
    print_msg("")


def _origin(found: FileContents, file: str) -> str:
    data = {key: _short(value) for key, value in found.metadata.items()}
    ours, keras = data.get("minicnn_version"), data.get("keras_version", "unknown version")
    writer = f"minicnn {ours} in the format of Keras {keras}" if ours else f"Keras {keras}"
    when = f" on {data['date_saved'].replace('@', ' ')}" if "date_saved" in data else ""
    written = f"\nwritten by {writer}{when}" if data else ""
    if not found.config:
        return f"{file}: weights, without a model{written}"
    config = found.config.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return f"{file}: {_short(found.config['class_name'])} {_short(name)!r}{written}"


def _settings(config: dict[str, Any]) -> str:
    """The settings of a layer that are plain and not the usual ones, in one line."""
    return ", ".join(
        f"{_short(key)}={_value(value)}"
        for key, value in config.items()
        if key not in _UNSHOWN
        and value not in _USUAL.get(key, (None, False, []))
        and _is_plain(value)
    )


def _is_plain(x: Any) -> bool:
    return isinstance(x, (str, int, float)) or (
        isinstance(x, list)
        and len(x) <= 8
        and all(isinstance(n, (int, float, str, type(None))) for n in x)
    )


def _value(x: Any) -> str:
    """A setting in short: of an object its class and the settings that are numbers."""
    if isinstance(x, dict) and isinstance(x.get("class_name"), str):
        inner = x.get("config")
        if isinstance(inner, str):
            return _short(inner)
        inner = inner if isinstance(inner, dict) else {}
        parts = [
            f"{_short(key)}={_value(value)}"
            for key, value in inner.items()
            if key != "name" and (type(value) in (int, float) or key == "learning_rate")
        ]
        return f"{_short(x['class_name'])}({', '.join(parts)})"
    if isinstance(x, dict):
        return ", ".join(f"{_short(key)}: {_value(value)}" for key, value in list(x.items())[:8])
    if isinstance(x, list):
        return f"({', '.join(map(_value, x))})" if len(x) != 1 else _value(x[0])
    return f"{x:.6g}" if isinstance(x, float) else _short(x)


def _compiled(config: Any) -> Table | str:
    if not isinstance(config, dict):
        return "Not compiled."
    rows = [row for name in _COMPILED if config.get(name) for row in _wrapped(name, config[name])]
    if not rows:
        return "Not compiled."
    return Table("Compiled with", ["argument", "value"], rows)


def _wrapped(name: str, value: Any) -> list[list[str]]:
    """An argument of compile as rows, with a value that is broken where the line ends."""
    lines = textwrap.wrap(_value(value), width() - 20)[:_MOST_LINES]
    return [["" if i else name, line] for i, line in enumerate(lines)]


def _weights(found: FileContents) -> Table:
    rows = [
        [_short(w.path), _short(w.layer), w.shape, w.dtype, w.size, w.low, w.high, w.mean]
        for w in found.weights
    ]
    optimizer = [w.size for w in found.weights if w.path.startswith(_OF_OPTIMIZER)]
    count = sum(w.size for w in found.weights) - sum(optimizer)
    notes = [f"{count:,} numbers of the model, {sum(optimizer):,} of the optimizer."]
    columns = ["path", "layer", "shape", "dtype", "size", "min", "max", "mean"]
    return Table("Weights", columns, rows, notes=notes)


def _clipped(table: Table) -> Table:
    """The same with its last column cut so that it fits the line."""
    lengths = [[len(cell) for cell in row[:-1]] for row in [table.columns, *table.rows]]
    others = [max(column) for column in zip(*lengths, strict=True)]
    left = max(width() - sum(others) - 2 * len(others), 20)
    rows = [
        [*row[:-1], row[-1] if len(row[-1]) <= left else row[-1][: left - 1] + "…"]
        for row in table.rows
    ]
    return Table(table.title, table.columns, rows)


def _short(x: Any) -> str:
    text = printable(x)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
