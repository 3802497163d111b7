"""The layer that applies a cell to the steps of a sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

from minicnn import ops, tree
from minicnn.autodiff import Variable
from minicnn.common.shapes import Shape
from minicnn.layers.base.call_arguments import call_signature
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.layers.rnn.dropout_rnn_cell import DropoutRNNCell
from minicnn.layers.rnn.stacked_rnn_cells import StackedRNNCells, check_cell
from minicnn.ops.nn.recurrent import over_steps
from minicnn.serialization import serialization_lib


class RNN(Layer):
    """Applies a cell to each step of a sequence, with the states that it returned before.

    `y[t], states = cell(x[t], states)`

    Input `(batch, steps, ...)`; the result is the last output, `(batch, units)`, or all of them.
    A masked step leaves the states and the output as they were.

    Backward: From the last step to the first, with s the states:
    `x̄[t], s̄[t-1] = cell'(ȳ[t], s̄[t])`, and `w̄ = Σ_t w̄[t]`.

    Args:
        cell: an object with `call(inputs, states) -> (output, states)` and `state_size`, an integer
            or one for each state; `get_initial_state(batch_size)` and `output_size` if need be. A
            list of cells is stacked.
        return_sequences: whether to return the outputs of all steps, not the last one only.
        return_state: whether to return the last states too.
        go_backwards: whether to begin with the last step; the outputs come in that order.
        stateful: whether a batch begins with the states that the one before it ended with, until
            `reset_state()`. The batch size must be known.
        unroll: kept for Keras's files; the result is the same.
        zero_output_for_mask: whether the output of masked steps is zeros.

    Example:
        >>> import minicnn as keras
        >>> cells = [keras.layers.LSTMCell(8), keras.layers.GRUCell(4)]
        >>> keras.layers.RNN(cells)(keras.ops.ones((2, 5, 3))).shape
        (2, 4)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):
        cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell
        check_cell(cell, "Argument `cell`")
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self._rnn_states: list | None = None
        size = cell.state_size
        if not isinstance(size, (list, tuple, int)):
            raise ValueError(
                "state_size must be an integer, or a list/tuple of integers (one for each state "
                f"tensor). Received: {size!r}"
            )
        self.single_state = isinstance(size, int)
        self.state_size = [size] if self.single_state else list(size)

    settings = settings_of(__init__, without=("cell",))

    @property
    def states(self) -> list | None:
        """The variables with the states of a stateful layer, None before it is built."""
        return self._rnn_states

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds the cell, and makes the variables with the states, if they are kept."""
        step_shape = (sequences_shape[0], *sequences_shape[2:])
        if isinstance(self.cell, Layer) and not self.cell.built:
            with self.cell._open_name_scope():
                self.cell.build(step_shape)
            self.cell.built = True
        if self.stateful and self.states is None:
            if sequences_shape[0] is None:
                raise ValueError(
                    f"Layer '{self.name}' keeps its states (`stateful=True`), so the batch size "
                    f"must be static: give `Input(batch_shape=...)`. Found dynamic batch size: "
                    f"sequence.shape={tuple(sequences_shape)}"
                )
            self._rnn_states = tree.map_structure(
                partial(Variable, trainable=False, dtype=self.variable_dtype, name="rnn_state"),
                self.get_initial_state(sequences_shape[0]),
            )

    def get_initial_state(self, batch_size: int | None) -> list:
        """The states to begin with: those of the cell, or zeros."""
        if hasattr(self.cell, "get_initial_state"):
            states = self.cell.get_initial_state(batch_size=batch_size)
            return list(states) if tree.is_nested(states) else [states]
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        return [ops.zeros((batch_size, units), dtype=dtype) for units in self.state_size]

    def reset_state(self) -> None:
        """Sets the states that are kept between batches to zeros."""
        for variable in tree.flatten(self.states or []):
            variable.assign(ops.zeros_like(variable.value))

    reset_states = reset_state

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Applies the cell to all steps."""
        states = self._first_states(sequences, initial_state)
        try:
            mask = self._checked(mask, sequences)
            last, outputs, states = self.inner_loop(sequences, states, mask, training)
        finally:
            self._reset_dropout_masks(self.cell)
        if self.stateful:
            pairs = zip(tree.flatten(self.states), tree.flatten(states), strict=True)
            for variable, state in pairs:
                variable.assign(state)
        output = ops.cast(outputs if self.return_sequences else last, self.compute_dtype)
        if not self.return_state:
            return output
        return output, *tree.map_structure(lambda x: ops.cast(x, self.compute_dtype), states)

    def inner_loop(self, sequences: Any, initial_state: list, mask: Any, training: bool) -> tuple:
        """The last output, all outputs (where they are returned), and the last states."""
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        outputs, states = over_steps(
            self._step(training), sequences, initial_state, mask, self.zero_output_for_mask
        )
        return outputs[-1], ops.stack(outputs, 1) if self.return_sequences else None, states

    def _step(self, training: bool) -> Any:
        """The cell as a function of inputs and a list of states."""
        cell, kwargs = self.cell, {}
        if isinstance(cell, Layer) and call_signature(cell).accepts("training"):
            kwargs["training"] = training

        def step(inputs: Any, states: list) -> tuple[Any, list]:
            output, states = (cell if callable(cell) else cell.call)(inputs, states, **kwargs)
            return output, list(states) if tree.is_nested(states) else [states]

        return step

    def _first_states(self, sequences: Any, initial_state: Any) -> list:
        batch = sequences.shape[0]
        if self.unroll and sequences.shape[1] is None:
            raise ValueError("Cannot unroll a RNN if the time dimension is undefined.")
        if self.stateful and self.states is not None:
            kept = tree.flatten(self.states)[0].shape[0]
            if batch != kept:
                raise ValueError(
                    f"Layer '{self.name}': if an RNN is stateful, the batch size of the input "
                    "sequences must be the same as the batch size of the initial state.\n"
                    f"- Expected batch size: {kept}\n- Received batch size: {batch}"
                )
        if initial_state is None:
            initial_state = self.states if self.stateful else self.get_initial_state(batch)
        initial_state = list(initial_state) if tree.is_nested(initial_state) else [initial_state]
        self._check_states(initial_state, batch)
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        return tree.map_structure(lambda x: ops.convert_to_tensor(x, dtype), initial_state)

    def _check_states(self, states: list, batch: int) -> None:
        given, sizes = tree.flatten(states), tree.flatten(self.state_size)
        expected = [(batch, size) for size in sizes]
        if any(not isinstance(size, int) or size < 0 for size in sizes):
            return  # the shapes of the states of such a cell are its own
        if [tuple(x.shape) for x in given] != expected:
            raise ValueError(
                f"Layer '{self.name}' needs one initial state of each of the shapes {expected}, "
                f"but got {[tuple(x.shape) for x in given]}. Pass a list of tensors as "
                "`initial_state`, in the order of `return_state`."
            )

    def _checked(self, mask: Any, sequences: Any) -> Any:
        """The mask as truth values, one for each step of each sample."""
        mask = tree.flatten(mask)[0] if tree.is_nested(mask) else mask
        if mask is None:
            return None
        if mask.ndim == 3 and mask.shape[2] == 1:
            mask = ops.squeeze(mask, axis=2)
        if mask.ndim != 2:
            raise ValueError(
                f"Layer '{self.name}' expects a mask of shape (batch, steps), True where a step "
                f"counts, but got one of shape {tuple(mask.shape)}."
            )
        if tuple(mask.shape) != tuple(sequences.shape[:2]):
            raise ValueError(
                f"Layer '{self.name}' expects a mask of shape {tuple(sequences.shape[:2])}, as its "
                f"sequences have so many samples and steps, but got {tuple(mask.shape)}."
            )
        return ops.cast(mask, "bool")

    def _reset_dropout_masks(self, cell: Any) -> None:
        if isinstance(cell, DropoutRNNCell):
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()
        for inner in getattr(cell, "cells", ()):
            self._reset_dropout_masks(inner)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """`(batch, units)`, with the steps if all are returned, and the shapes of the states."""
        batch, steps = sequences_shape[:2]
        units = getattr(self.cell, "output_size", None)
        units = tree.flatten(self.state_size)[0] if units is None else units
        if not isinstance(units, int):
            raise ValueError("output_size must be an integer.")
        output = (batch, steps, units) if self.return_sequences else (batch, units)
        if not self.return_state:
            return output
        return output, *tree.map_structure(lambda size: (batch, size), self.state_size)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the outputs of all steps; none for a last output or states."""
        mask = tree.flatten(mask)[0] if tree.is_nested(mask) else mask
        mask = mask if self.return_sequences else None
        return [mask, *(None for _ in self.state_size)] if self.return_state else mask

    def get_config(self) -> dict[str, Any]:
        """The arguments, and the cell."""
        cell = serialization_lib.serialize_keras_object(self.cell)
        return {**super().get_config(), "cell": cell}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> RNN:
        """Makes the layer and its cell again."""
        config = dict(config)
        cell = serialization_lib.deserialize_keras_object(
            config.pop("cell"), custom_objects=custom_objects
        )
        return cls(cell, **config)
