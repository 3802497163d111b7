"""Columns that are added to the summary of a model on request.

A column is a result of `minicnn.analysis` (`operations(model)`, `receptive_field(model)`,
`activations(model, x)`), which has a method `summary_column`, or a title and a function of a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_BY_NAME = {
    "operations": "operations(model)",
    "receptive_field": "receptive_field(model)",
    "output_range": "activations(model, x)",
}
_MOST = 34  # characters in a column


class MoreColumns(NamedTuple):
    """Titles, widths in characters, and for each layer the cells."""

    titles: list[str]
    widths: list[int]
    rows: list[list[str]]


def more_columns(columns: Any, layers: Sequence[tuple[Any, str]]) -> MoreColumns:
    """The columns for some layers, each with its path in the model.

    >>> from types import SimpleNamespace
    >>> layer = SimpleNamespace(name="dense", units=3)
    >>> more_columns({"Units": lambda layer: layer.units}, [(layer, "dense")])
    MoreColumns(titles=['Units'], widths=[9], rows=[['3']])
    """
    pairs = list(columns.items()) if isinstance(columns, dict) else [*map(_pair, columns)]
    cells = [[_cell(source, layer, path) for layer, path in layers] for _, source in pairs]
    titles = [title for title, _ in pairs]
    widths = [
        min(max(map(len, [title, *column])), _MOST) + 4
        for title, column in zip(titles, cells, strict=True)
    ]
    return MoreColumns(
        titles, widths, [list(row) for row in zip(*cells, strict=True)] or [[]] * len(layers)
    )


def _pair(column: Any) -> tuple[str, Callable | dict[str, str]]:
    if hasattr(column, "summary_column"):
        return column.summary_column()
    if isinstance(column, str) and column in _BY_NAME:
        raise TypeError(
            f"`columns` holds results, not names: instead of {column!r}, write "
            f"`columns=[{_BY_NAME[column]}]`, with functions of `minicnn.analysis`. The command "
            "`minicnn summary MODEL.keras --columns` takes the names."
        )
    raise TypeError(
        "`columns` holds results of `minicnn.analysis`, such as `operations(model)`, "
        "`receptive_field(model)` or `activations(model, x)`; or it is a dict of titles and "
        f"functions of a layer. Received: {column!r}"
    )


def _cell(source: Callable | dict[str, str], layer: Any, path: str) -> str:
    """The text for a layer; of a layer that is called several times those of all calls."""
    if callable(source):
        found = source(layer)
        return "" if found is None else str(found)
    texts = [text for name, text in source.items() if name.partition("#")[0] == path]
    return ", ".join(dict.fromkeys(texts))
