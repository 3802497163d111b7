"""Channels first by channels last: the axes are moved before and after Keras's own layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compare.cases import kinds
from compare.cases.case import Case
from compare.judges.opinion import Opinion
from compare.judges.relations.double import HAVE_DOUBLE, in_double
from compare.libraries.library import Library

JUDGE = "Keras, channels last"


def opinions(library: Library, case: Case, backend: str) -> Iterator[Opinion]:
    """All quantities of a layer with channels first, except its configuration."""
    if case.settings.get("data_format") != "channels_first" or case.kind != "layers":
        return
    if backend not in HAVE_DOUBLE or all(known.quantity for known in case.known_differences):
        return  # what else Keras is excused from, it is with channels last, too
    with in_double(library, Moved) as double:
        found = kinds.run(double, case)
    texts = {"output shape", "weights"}  # types are those of float64
    yield Opinion(JUDGE, {n: x for n, x in found.items() if not isinstance(x, str) or n in texts})


class Moved(Library):
    """A library whose layers compute with their channels last."""

    def find(self, name: str) -> Any:
        """The layer's class, whose call moves the channels."""
        return moved(self.keras.ops, super().find(name))


def moved(ops: Any, layer: type) -> type:
    """A subclass of a layer of Keras with the same weights."""

    def call(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.data_format = "channels_last"
        try:
            y = layer.call(self, ops.moveaxis(inputs, 1, -1), *args, **kwargs)
        finally:
            self.data_format = "channels_first"
        return ops.moveaxis(y, -1, 1)

    return type(layer.__name__, (layer,), {"call": call})
