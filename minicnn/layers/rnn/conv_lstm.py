"""Convolutional LSTM: an LSTM whose products are convolutions."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.base.input_spec import InputSpec
from minicnn.layers.base.settings import add_weight_with_settings, keep_settings, settings_of
from minicnn.layers.convolutional.base_conv import BaseConvolution, Sizes
from minicnn.layers.rnn.base_cell import keep_dropout
from minicnn.layers.rnn.cell_layer import OF_RNN, CellLayer
from minicnn.layers.rnn.dropout_rnn_cell import DropoutRNNCell
from minicnn.layers.rnn.lstm import first_bias
from minicnn.ops.nn.output_shapes import compute_conv_output_shape
from minicnn.ops.nn.recurrent import lstm_step


class ConvLSTMCell(DropoutRNNCell, BaseConvolution):
    """One step of a convolutional LSTM layer: the formulas of `LSTMCell` with `x ∗ W` and `h ∗ U`.

    The convolution of the inputs is that of `Conv2D` with the layer's window; that of the states
    keeps their size. Arguments: see `ConvLSTM2D`.
    """

    dropout_mask_count = gates = 4

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        super().__init__(**kwargs)
        self.rank = rank
        keep_settings(self, locals())
        self._standardize_window()
        self._require_positive("filters")
        self._refuse_strides_with_dilation()
        keep_dropout(self, seed)
        self.state_size = -1  # the states are images
        self.input_spec = InputSpec(ndim=rank + 2)

    settings = settings_of(__init__, without=("rank",))

    def build(self, inputs_shape: Shape, states_shape: Any = None) -> None:
        """Makes kernel, recurrent kernel and bias."""
        spatial = inputs_shape[2:] if self._channel_axis == 1 else inputs_shape[1:-1]
        if None in spatial:
            raise ValueError(
                f"ConvLSTM layers only support static input shapes for the spatial dimension. "
                f"Received invalid input shape: input_shape={inputs_shape}"
            )
        filters = 4 * self.filters
        channels = self._channels(inputs_shape)
        self.step_shape = tuple(inputs_shape)
        self.compute_output_shape(inputs_shape)
        kernel, recurrent = (
            (*self.kernel_size, channels, filters),
            (*self.kernel_size, self.filters),
        )
        self.kernel = add_weight_with_settings(self, "kernel", kernel)
        self.recurrent_kernel = add_weight_with_settings(
            self, "recurrent_kernel", (*recurrent, filters), kind="recurrent"
        )
        first = first_bias(self, self.filters) if self.unit_forget_bias else self.bias_initializer
        self.bias = None
        if self.use_bias:
            self.bias = add_weight_with_settings(self, "bias", (filters,), initializer=first)

    def call(self, inputs: Any, states: list, training: bool = False) -> tuple[Any, list]:
        """One step: the output h', and `[h', c']`."""
        drops, recurrently = (
            training and 0 < rate < 1 for rate in (self.dropout, self.recurrent_dropout)
        )
        masks = self.get_dropout_mask(inputs) if drops else None
        state_masks = self.get_recurrent_dropout_mask(states[0]) if recurrently else None
        window = {"padding": "same", "data_format": self.data_format}
        a = self._convolved(inputs, self.kernel, masks, **self._window)
        if self.use_bias:
            shape = [1] * a.ndim
            shape[self._channel_axis] = -1
            a = a + ops.reshape(self.bias, shape)
        h, c = lstm_step(
            a,
            states,
            lambda h: self._convolved(h, self.recurrent_kernel, state_masks, **window),
            self.activation,
            self.recurrent_activation,
            axis=self._channel_axis,
        )
        return h, [h, c]

    def _convolved(self, x: Any, kernel: Any, masks: Any, **window: Any) -> Any:
        """`x ∗ kernel`, for each gate with a dropout mask of its own."""
        if masks is None:
            return ops.conv(x, kernel, **window)
        kernels = ops.split(kernel, 4, axis=-1)
        parts = [ops.conv(x * m, k, **window) for m, k in zip(masks, kernels, strict=True)]
        return ops.concatenate(parts, axis=self._channel_axis)

    def compute_output_shape(self, inputs_shape: Shape, states_shape: Any = None) -> tuple:
        """The shape of the output, and those of the states, which are the same."""
        shape = compute_conv_output_shape(
            inputs_shape, self.filters, self.kernel_size, **self._window
        )
        return shape, [shape, shape]

    def get_initial_state(self, batch_size: int | None = None) -> list:
        """Zeros."""
        shape, _ = self.compute_output_shape((batch_size, *self.step_shape[1:]))
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]


class ConvLSTM(CellLayer):
    """Convolutional LSTM of any number of spatial dimensions. Arguments: see `ConvLSTM2D`."""

    cell_class = ConvLSTMCell
    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        **kwargs: Any,
    ):
        self._make(locals(), "conv_lstm_cell", ndim=self.rank + 3, rank=self.rank)

    settings = (*ConvLSTMCell.settings, *OF_RNN, "activity_regularizer")

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """That of the convolution, with the steps if all are returned, and those of the states."""
        batch, steps, *rest = sequences_shape
        (_, *image), _ = self.cell.compute_output_shape((batch, *rest))
        output = (batch, steps, *image) if self.return_sequences else (batch, *image)
        return (output, *[(batch, *image)] * 2) if self.return_state else output

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the outputs of all steps; none for a last output or states."""
        masks = super().compute_mask(inputs, mask)
        return [*masks, None] if self.return_state else masks


class ConvLSTM1D(ConvLSTM):
    """An LSTM over sequences of lines, `(batch, steps, length, channels)`. See `ConvLSTM2D`.

    It convolves where an LSTM multiplies by a kernel; each state is a line.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ConvLSTM1D(4, 3)(keras.ops.ones((2, 5, 8, 3))).shape
        (2, 6, 4)
    """

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """An LSTM over films, `(batch, steps, height, width, channels)`: each state is an image.

    It convolves where an LSTM multiplies by a kernel.

    `a = x ∗ W + h ∗ U + b`, with ∗ the convolution, has four parts: `i = σ(a₁)`, `f = σ(a₂)`,
    `g = φ(a₃)` and `o = σ(a₄)`. Then `c' = f ⊙ c + i ⊙ g` and `h' = o ⊙ φ(c')`.

    Backward: Those of `LSTMCell` with the gradients of convolutions in place of the products:
    `ē = c̄' + h̄' ⊙ o ⊙ φ'(c')`, `c̄ = ē ⊙ f`, `ō = h̄' ⊙ φ(c')`.

    Args:
        filters: number of channels of h.
        kernel_size, strides, padding, data_format, dilation_rate: as for `Conv2D`, of `x ∗ W`;
            `h ∗ U` has no strides and keeps the size.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful: see `RNN`.

    All others are those of `LSTMCell`, with one more dropout mask for each gate.
    Source: Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation
    nowcasting" (2015), without the products of the gates with c.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ConvLSTM2D(4, 3, padding="same")(keras.ops.ones((2, 5, 8, 8, 3))).shape
        (2, 8, 8, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """An LSTM over sequences of volumes, `(batch, steps, *volume, channels)`. See `ConvLSTM2D`.

    It convolves where an LSTM multiplies by a kernel; each state is a volume.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.ConvLSTM3D(2, 2)(keras.ops.ones((1, 2, 4, 4, 4, 1))).shape
        (1, 3, 3, 3, 2)
    """

    rank = 3
