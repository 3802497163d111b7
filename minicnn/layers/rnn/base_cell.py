"""What the cells of simple, LSTM and GRU layers share: all but their formula and their settings."""

from __future__ import annotations

from typing import Any

from minicnn import activations, ops, tree
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings
from minicnn.layers.rnn.dropout_rnn_cell import DropoutRNNCell
from minicnn.ops.nn import recurrent
from minicnn.random import SeedGenerator


def keep_dropout(cell: Any, seed: Any) -> None:
    """Limits both dropout rates to 0 to 1, and makes the generator of their random numbers."""
    cell.dropout = min(1.0, max(0.0, cell.dropout))
    cell.recurrent_dropout = min(1.0, max(0.0, cell.recurrent_dropout))
    cell.seed_generator = SeedGenerator(seed)


class BaseRNNCell(DropoutRNNCell, Layer):
    """Base of the cells: weights, products, dropout.

    A subclass sets `step`, the name of its formula in `ops/nn/recurrent.py`.
    """

    step: str
    recurrent_activation = None

    def _keep(self, arguments: dict[str, Any], states: int = 1) -> None:
        """Keeps the constructor's arguments, its `locals()`; for a number of state tensors."""
        units, kwargs = arguments["units"], arguments["kwargs"]
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive integer, "
                f"got {units}."
            )
        implementation = kwargs.pop("implementation", 2)
        Layer.__init__(self, **kwargs)
        self.implementation = implementation
        keep_settings(self, arguments)
        keep_dropout(self, self.seed)
        self.gates = recurrent.STEPS[self.step][1]
        if self.recurrent_dropout and self.gates > 1:
            self.implementation = 1
        if self.implementation == 1 and self.gates > 1:
            self.dropout_mask_count = self.gates
        self.state_size = units if states == 1 else [units] * states
        self.output_size = units

    def build(self, input_shape: Shape) -> None:
        """Makes kernel, recurrent kernel and bias."""
        inputs, columns = input_shape[-1], self.units * self.gates
        if inputs is None:
            raise ValueError(
                f"The last axis of the input of layer '{self.name}' must have a known length, "
                f"since the kernel has as many rows, but the input shape is {tuple(input_shape)}."
            )
        self.kernel = add_weight_with_settings(self, "kernel", (inputs, columns))
        self.recurrent_kernel = add_weight_with_settings(
            self, "recurrent_kernel", (self.units, columns), kind="recurrent"
        )
        self.bias = self._add_bias(columns) if self.use_bias else None

    def _add_bias(self, columns: int) -> Any:
        return add_weight_with_settings(self, "bias", (columns,))

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """One step: the output (which is h), and the new states."""
        nested = tree.is_nested(states)
        masks = self._masks_of(self.get_dropout_mask, inputs, training)
        h = states[0] if nested else states
        state_masks = self._masks_of(self.get_recurrent_dropout_mask, h, training)
        bias, recurrent_bias = recurrent.biases(self.bias)

        def recurrent_products(h, first=0, last=self.gates):
            products = self._products(h, self.recurrent_kernel, state_masks, first, last)
            return products if recurrent_bias is None else products + recurrent_bias

        a = self._products(inputs, self.kernel, masks, 0, self.gates)
        new = recurrent.STEPS[self.step][0](
            a if bias is None else a + bias,
            list(states) if nested else [states],
            recurrent_products,
            self.activation,
            self.recurrent_activation,
        )
        return new[0], list(new) if nested else new[0]

    def _masks_of(self, draw: Any, x: Any, training: bool) -> Any:
        """The masks that are applied: none outside of training, or if gated cells drop all."""
        masks = draw(x) if training else None
        rate = self.dropout if draw == self.get_dropout_mask else self.recurrent_dropout
        return None if rate == 1 and self.gates > 1 else masks

    def _products(self, x: Any, kernel: Any, masks: Any, first: int, last: int) -> Any:
        """`x · kernel` for the gates `first` up to `last`, each with its own dropout mask."""
        if isinstance(masks, list):
            parts = ops.split(kernel, self.gates, axis=-1)
            return ops.concatenate(
                [ops.matmul(x * masks[k], parts[k]) for k in range(first, last)], axis=-1
            )
        if last - first < self.gates:
            kernel = kernel[:, first * self.units : last * self.units]
        return ops.matmul(x if masks is None else x * masks, kernel)

    def whole_sequence(self, sequences: Any, states: list, mask: Any, training: bool) -> Any:
        """The states after all steps at once, `(states, batch, steps, units)`.

        None where it can only be computed step by step: with other activations than tanh and the
        sigmoid, masks of single gates, or a `call` that a subclass has changed.
        """
        usual = self.activation is activations.tanh and self.recurrent_activation in (
            None,
            activations.sigmoid,
        )
        by_step = training and (
            self.recurrent_dropout or (self.dropout and self.implementation == 1)
        )
        if not usual or by_step or type(self).call is not BaseRNNCell.call:
            return None
        dropped = self._masks_of(self.get_dropout_mask, sequences[:, 0], training)
        if dropped is not None:
            sequences = sequences * ops.expand_dims(dropped, 1)
        return recurrent.recurrent_layer(
            sequences,
            ops.stack(states),
            self.kernel,
            self.recurrent_kernel,
            self.bias,
            None if mask is None else ops.cast(mask, sequences.dtype),
            cell=self.step,
        )

    def get_initial_state(self, batch_size: int | None = None) -> list:
        """Zeros for each state."""
        states = tree.flatten(self.state_size)
        return [ops.zeros((batch_size, units), dtype=self.compute_dtype) for units in states]
