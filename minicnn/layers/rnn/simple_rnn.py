"""The simple recurrent layer: its output is fed back into it."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.settings import settings_of
from minicnn.layers.rnn.base_cell import BaseRNNCell
from minicnn.layers.rnn.cell_layer import OF_RNN, CellLayer


class SimpleRNNCell(BaseRNNCell):
    """One step of a simple recurrent layer: `(batch, inputs)` to `(batch, units)`.

    The state is the output before.

    `h' = φ(x · W + h · U + b)`

    Called as `cell(x, states)`, it returns the output h' and the list of the new states.

    Backward: With a what φ is applied to, `ā = h̄' ⊙ φ'(a)`: `x̄ = ā · Wᵀ`, `h̄ = ā · Uᵀ`,
    `W̄ = xᵀ · ā`, `Ū = hᵀ · ā` and `b̄ = Σ ā`; over a sequence they are added up.

    Args:
        units: the length of h.
        activation: φ, tanh by default.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: the shares of the inputs and of h that are dropped in training,
            the same in all steps.
        seed: an integer for the same masks in each run.

    Attributes:
        kernel: W, `(inputs, units)`.
        recurrent_kernel: U, `(units, units)`.
        bias: b, `(units,)`.

    Source: Elman, "Finding structure in time" (1990).

    Example:
        >>> import minicnn as keras
        >>> cell = keras.layers.SimpleRNNCell(4)
        >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 4), 1)
    """

    step = "simple_rnn"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ):
        self._keep(locals())

    settings = settings_of(__init__)


class SimpleRNN(CellLayer):
    """Feeds its output back: `h[t] = φ(x[t] · W + h[t-1] · U + b)`, from h = 0 on.

    `(batch, steps, inputs)` to `(batch, units)`, or `(batch, steps, units)`. The formula, the
    weights and the arguments not listed here are those of `SimpleRNNCell`; the flags, masks and
    states are those of `RNN`.

    Args:
        units: the length of h.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.SimpleRNN(4, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    cell_class = SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ):
        self._make(locals(), "simple_rnn_cell")

    settings = (*SimpleRNNCell.settings, *OF_RNN, "activity_regularizer")

    def get_config(self) -> dict[str, Any]:
        """The arguments; the seed only if there is one, as Keras's configurations have none."""
        config = super().get_config()
        return config if self.seed is not None else {k: v for k, v in config.items() if k != "seed"}
