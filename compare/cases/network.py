"""A description of a drawn network as plain data, which can be sent, run and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compare.cases.case import LibraryObject


@dataclass(frozen=True)
class Step:
    """A call of a layer.

    Attributes:
        name: the layer's class.
        settings: its settings.
        sources: the numbers of the tensors it is called on: the inputs are numbered first, then
            the steps.
        shared_with: the number of an earlier step, if this step calls the same layer again.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[int, ...] = (0,)
    shared_with: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that happens to the compiled model: a `fit`, a change, saving and loading.

    `name` is a method of `compare.cases.kinds.network_life.Life`, `settings` are its arguments.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """An architecture and what happens to it. Shapes do not include the batch.

    The data have `rows` rows, of which the first `batch` are those whose gradients are compared.

    Attributes:
        inputs: their shapes.
        steps: in the order of the calls; the output is that of the last step.
        output: the output's shape.
        labels: their kind, a key of `network_data.LABEL_KINDS`.
        weighted: whether it is trained with sample weights.
        vocabulary: if not zero, inputs are whole numbers below it, for an Embedding.
        padded: whether some steps of each input are zero, for a mask.
        metrics: those of `compile`: the first without weights of rows, the others with them.
        events: what happens to the compiled model, in this order.
        theme: what the network was drawn for, a name in `compare.fuzz.themes`.
    """

    inputs: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    output: tuple[int, ...]
    batch: int
    loss: LibraryObject
    labels: str
    optimizer: LibraryObject
    weighted: bool = False
    sequential: bool = False
    vocabulary: int = 0
    padded: bool = False
    rows: int = 0
    metrics: tuple[LibraryObject, ...] = ()
    events: tuple[Event, ...] = ()
    theme: str = "small"
