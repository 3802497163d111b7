"""Several cells as one: each takes the output of the one before."""

from __future__ import annotations

from typing import Any

from minicnn import ops, tree
from minicnn.common.shapes import Shape
from minicnn.layers.base.call_arguments import call_signature
from minicnn.layers.base.layer import Layer
from minicnn.serialization import serialization_lib


def check_cell(cell: Any, what: str) -> None:
    """Raises ValueError for what has no `call` or no `state_size`."""
    for name, meaning in {"call": "method", "state_size": "attribute"}.items():
        if name not in dir(cell):
            raise ValueError(f"{what} should have a `{name}` {meaning}. Received: cell={cell}")


def output_size(cell: Any) -> int:
    """How long a cell's output is: its `output_size`, else that of the first state."""
    size = getattr(cell, "output_size", None)
    return tree.flatten(cell.state_size)[0] if size is None else size


class StackedRNNCells(Layer):
    """Applies cells one after the other to a step: the output of each is the next one's input.

    It is used as one cell.

    `x, states[i] = cells[i](x, states[i])`

    Backward: From the last cell to the first: `x̄, s̄[i] = cells[i]'(x̄, s̄[i])`, with s the
    states.

    Args:
        cells: the cells; see `RNN` for what a cell is.

    Example:
        >>> import minicnn as keras
        >>> cells = keras.layers.StackedRNNCells([keras.layers.LSTMCell(8) for _ in range(2)])
        >>> keras.layers.RNN(cells)(keras.ops.ones((2, 5, 3))).shape
        (2, 8)
    """

    def __init__(self, cells: list, **kwargs: Any):
        super().__init__(**kwargs)
        for cell in cells:
            check_cell(cell, "Each cell")
        self.cells = cells

    settings = ()

    @property
    def state_size(self) -> list:
        """The sizes of the states of all cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The length of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list:
        """The first states of all cells: their own, or zeros."""

        def of(cell: Any) -> Any:
            if hasattr(cell, "get_initial_state"):
                return cell.get_initial_state(batch_size=batch_size)
            return tree.map_structure(
                lambda size: ops.zeros((batch_size, size), dtype=self.compute_dtype),
                cell.state_size,
            )

        return [of(cell) for cell in self.cells]

    def build(self, input_shape: Shape) -> None:
        """Builds the cells, each for the output of the one before."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                with cell._open_name_scope():
                    cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], output_size(cell))

    def call(self, inputs: Any, states: list, training: bool = False, **kwargs: Any) -> tuple:
        """One step of all cells: the last output, and the new states of each."""
        new_states = []
        for cell, given in zip(self.cells, states, strict=True):
            nested = tree.is_nested(given)
            told = dict(kwargs)
            if isinstance(cell, Layer) and call_signature(cell).accepts("training"):
                told["training"] = training
            run = cell if callable(cell) else cell.call
            inputs, new = run(inputs, list(given) if nested else [given], **told)
            new = list(new) if tree.is_nested(new) else [new]
            new_states.append(new if nested else new[0])
        return inputs, new_states

    def get_config(self) -> dict[str, Any]:
        """The configs of the cells."""
        cells = [serialization_lib.serialize_keras_object(cell) for cell in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
        """Makes the cells again."""
        config = dict(config)
        cells = [
            serialization_lib.deserialize_keras_object(cell, custom_objects=custom_objects)
            for cell in config.pop("cells")
        ]
        return cls(cells, **config)
