"""Gated recurrent units: a gate mixes the state before with a new one."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base.settings import add_weight_with_settings, settings_of
from minicnn.layers.rnn.base_cell import BaseRNNCell
from minicnn.layers.rnn.cell_layer import OF_RNN, CellLayer


class GRUCell(BaseRNNCell):
    """One step of a GRU layer: `(batch, inputs)` to `(batch, units)`.

    Where z is near 1 the state hardly changes.

    `a = x · W + b` and `m = h · U + d` have three parts each: `z = σ(a₁ + m₁)`, `r = σ(a₂ + m₂)`,
    `g = φ(a₃ + r ⊙ m₃)` and `h' = z ⊙ h + (1 − z) ⊙ g`.

    With `reset_after=False`, `g = φ(a₃ + (r ⊙ h) · U₃)`, and there is no d.

    Called as `cell(x, states)`, it returns the output h' and the list of the new states.

    Backward: `ḡ = h̄' ⊙ (1 − z)`, `z̄ = h̄' ⊙ (h − g)` and `ā₃ = ḡ ⊙ φ'`, so `r̄ = ā₃ ⊙ m₃` and
    `m̄₃ = ā₃ ⊙ r`. With the derivatives of σ this gives ā and m̄; then `x̄ = ā · Wᵀ`,
    `h̄ = h̄' ⊙ z + m̄ · Uᵀ`, `W̄ = xᵀ · ā` and `Ū = hᵀ · m̄`.

    Args:
        units: the length of h.
        activation: φ, tanh by default.
        recurrent_activation: σ, the sigmoid by default.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: applied after each update.
        dropout, recurrent_dropout: the shares of the inputs and of h that are dropped in training,
            the same in all steps.
        seed: an integer for the same masks in each run.
        reset_after: whether r is applied after the product with U₃, or before.

    Attributes:
        kernel: W, `(inputs, 3 · units)`, for z, r, g.
        recurrent_kernel: U, `(units, 3 · units)`.
        bias: b and d, `(2, 3 · units)`, or b alone, `(3 · units,)`.

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014):
    version 3 of the text resets before the product, version 1 after it.

    Example:
        >>> import minicnn as keras
        >>> cell = keras.layers.GRUCell(4)
        >>> output, states = cell(keras.ops.ones((2, 3)), cell.get_initial_state(2))
        >>> output.shape, len(states)
        ((2, 4), 1)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: Any = None,
        **kwargs: Any,
    ):
        self._keep(locals())

    settings = settings_of(__init__)

    @property
    def step(self) -> str:
        """The name of the formula."""
        return "gru" if self.reset_after else "gru_reset_before"

    def _add_bias(self, columns: int) -> Any:
        shape = (2, columns) if self.reset_after else (columns,)
        return add_weight_with_settings(self, "bias", shape)


class GRU(CellLayer):
    """Gated recurrent units: a gate z says how much of the state h stays as it was.

    `(batch, steps, inputs)` to `(batch, units)`, or `(batch, steps, units)`. The formula, the
    weights and the arguments not listed here are those of `GRUCell`; the flags, masks and states
    are those of `RNN`.

    Args:
        units: the length of h.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: see `RNN`.
        use_cudnn: for other hardware; only 'auto' or False here.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.GRU(4, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    cell_class = GRUCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ):
        self._make(locals(), "gru_cell")

    settings = (*GRUCell.settings, *OF_RNN, "activity_regularizer")
