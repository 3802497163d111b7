"""Long short-term memory: a recurrent layer with a memory that gates protect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import ops
from minicnn.layers.base.settings import add_weight_with_settings, settings_of
from minicnn.layers.rnn.base_cell import BaseRNNCell
from minicnn.layers.rnn.cell_layer import OF_RNN, CellLayer


class LSTMCell(BaseRNNCell):
    """One step of an LSTM layer: `(batch, inputs)` to `(batch, units)`.

    The memory c is changed by products and a sum only, so a gradient reaches far back.

    `a = x · W + h · U + b` has four parts: `i = σ(a₁)`, `f = σ(a₂)`, `g = φ(a₃)` and `o = σ(a₄)`.
    Then `c' = f ⊙ c + i ⊙ g` and `h' = o ⊙ φ(c')`.

    Called as `cell(x, states)`, it returns the output h' and the list of the new states.

    Backward: With `ē = c̄' + h̄' ⊙ o ⊙ φ'(c')`: `ō = h̄' ⊙ φ(c')`, `f̄ = ē ⊙ c`, `ī = ē ⊙ g`,
    `ḡ = ē ⊙ i` and `c̄ = ē ⊙ f`. Times the derivatives of σ and φ these are the four parts of ā;
    then `x̄ = ā · Wᵀ`, `h̄ = ā · Uᵀ`, `W̄ = xᵀ · ā`, `Ū = hᵀ · ā` and `b̄ = Σ ā`.

    Args:
        units: the length of h.
        activation: φ, tanh by default.
        recurrent_activation: σ, the sigmoid by default.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: initial values of the weights.
        unit_forget_bias: whether the part of b that belongs to f begins with ones.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: the shares of the inputs and of h that are dropped in training,
            the same in all steps.
        seed: an integer for the same masks in each run.

    Attributes:
        kernel: W, `(inputs, 4 · units)`, for i, f, g, o.
        recurrent_kernel: U, `(units, 4 · units)`.
        bias: b, `(4 · units,)`.

    Sources: Hochreiter, Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber, Cummins,
    "Learning to forget" (2000).

    Example:
        >>> import minicnn as keras
        >>> cell = keras.layers.LSTMCell(4)
        >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 4), 2)
    """

    step = "lstm"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        self._keep(locals(), states=2)

    settings = settings_of(__init__)

    def _add_bias(self, columns: int) -> Any:
        first = first_bias(self, self.units) if self.unit_forget_bias else self.bias_initializer
        return add_weight_with_settings(self, "bias", (columns,), initializer=first)


def first_bias(cell: Any, units: int) -> Callable:
    """An initializer: ones for the gate f, and what `cell.bias_initializer` says for the others."""

    def initialize(shape: Any, dtype: Any = None) -> Any:
        i, rest = (cell.bias_initializer((n,), dtype=dtype) for n in (units, 2 * units))
        return ops.concatenate([i, ops.ones((units,), dtype=dtype), rest])

    return initialize


class LSTM(CellLayer):
    """Long short-term memory: gates say what the memory c forgets, takes in and shows as h.

    `(batch, steps, inputs)` to `(batch, units)`, or `(batch, steps, units)`. The formula, the
    weights and the arguments not listed here are those of `LSTMCell`; the flags, masks and states
    are those of `RNN`.

    Args:
        units: the length of h.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        use_cudnn: for other hardware; only 'auto' or False here.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.LSTM(4, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    cell_class = LSTMCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ):
        self._make(locals(), "lstm_cell")

    settings = (*LSTMCell.settings, *OF_RNN, "activity_regularizer")
