"""Recurrent layers: a cell's step in operations, and the same for all steps of a sequence at once.

`step` functions take a (the inputs' products and bias), the states before, and a function
`recurrent(h)` that multiplies with the recurrent kernel; `recurrent(h, first, last)` with the part
of the gates `first` up to `last`. The formulas are in `backend/numpy/recurrent.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.ops.define.declare import fused


def simple_rnn_step(a, states, recurrent, activation, recurrent_activation=None):
    """`h' = φ(a + h · U)`."""
    (h,) = states
    return (activation(a + recurrent(h)),)


def lstm_step(a, states, recurrent, activation, recurrent_activation, axis=-1):
    """`c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ φ(c')`; i, f and o are σ, g is φ of parts of a + h · U."""
    h, c = states
    i, f, g, o = ops.split(a + recurrent(h), 4, axis=axis)
    i, f, o = recurrent_activation(i), recurrent_activation(f), recurrent_activation(o)
    c = f * c + i * activation(g)
    return o * activation(c), c


def gru_step(a, states, recurrent, activation, recurrent_activation):
    """`h' = z ⊙ h + (1 − z) ⊙ g`, `g = φ(a₃ + r ⊙ m₃)`; z and r are σ of parts of a + m."""
    (h,) = states
    (a1, a2, a3), (m1, m2, m3) = ops.split(a, 3, axis=-1), ops.split(recurrent(h), 3, axis=-1)
    z, r = recurrent_activation(a1 + m1), recurrent_activation(a2 + m2)
    return (z * h + (1 - z) * activation(a3 + r * m3),)


def gru_reset_before_step(a, states, recurrent, activation, recurrent_activation):
    """As `gru_step`, with `g = φ(a₃ + (r ⊙ h) · U₃)`."""
    (h,) = states
    (a1, a2, a3), (m1, m2) = ops.split(a, 3, axis=-1), ops.split(recurrent(h, 0, 2), 2, axis=-1)
    z, r = recurrent_activation(a1 + m1), recurrent_activation(a2 + m2)
    return (z * h + (1 - z) * activation(a3 + recurrent(r * h, 2, 3)),)


STEPS = {
    "simple_rnn": (simple_rnn_step, 1),
    "lstm": (lstm_step, 4),
    "gru": (gru_step, 3),
    "gru_reset_before": (gru_reset_before_step, 3),
}
"""For each cell its step, and how many gates there are."""


def _forward(inputs, states, kernel, recurrent_kernel, bias, mask, recorded, cell):
    arrays = inputs, states, kernel, recurrent_kernel, bias, mask
    after, gates = kernels.recurrent_layer(*arrays, cell)
    return after, (after, gates)  # `after` is not rounded to float16 here


def _gradients(cotangent, outputs, saved, *arrays, needed, cell):
    parts = kernels.recurrent_layer_gradients(cotangent, *saved, *arrays, cell, needed[0])
    return *parts, None


@fused(
    "inputs",
    "states",
    "kernel",
    "recurrent_kernel",
    "bias",
    "mask",
    forward=_forward,
    gradients=_gradients,
    wide=True,
)
def recurrent_layer(inputs, states, kernel, recurrent_kernel, bias, mask, cell):
    """The states after each step, `(states, batch, steps, units)`, with tanh and the sigmoid.

    Args:
        inputs: `(batch, steps, inputs)`.
        states: those before the first step, `(states, batch, units)`.
        kernel, recurrent_kernel: `(inputs, gates · units)` and `(units, gates · units)`.
        bias: `(gates · units,)`, or two of them, or None.
        mask: `(batch, steps)`, 0 where a step leaves the states as they are; or None.
        cell: a name in `STEPS`.
    """
    step, gates = STEPS[cell]
    bias, recurrent_bias = biases(bias)
    units = recurrent_kernel.shape[0]

    def recurrent(h, first=0, last=gates):
        products = ops.matmul(h, recurrent_kernel[:, first * units : last * units])
        return products if recurrent_bias is None else products + recurrent_bias

    a = ops.matmul(inputs, kernel)
    a = a if bias is None else a + bias
    states, after = list(states), []
    for t in range(inputs.shape[1]):
        new = step(a[:, t], states, recurrent, ops.tanh, ops.sigmoid)
        if mask is not None:
            new = [_where(mask[:, t] != 0, *pair) for pair in zip(new, states, strict=True)]
        states = new
        after.append(ops.stack(list(states)))
    return ops.stack(after, axis=2)


def biases(bias: Any) -> tuple:
    """The biases of the inputs' and of the states' products, of which one or both may be None."""
    return (bias[0], bias[1]) if bias is not None and bias.ndim == 2 else (bias, None)


def over_steps(
    step: Callable, inputs: Any, states: Any, mask: Any = None, zero_output: bool = False
) -> tuple[list, Any]:
    """Applies `step(x, states) -> (output, states)` to the steps of a sequence, one by one.

    Args:
        inputs: `(batch, steps, ...)`.
        states: a list of tensors, `(batch, ...)` each, which may be nested.
        mask: `(batch, steps)`: where it is False the states stay as they are, and the output is
            that of the step before (zeros for the first).
        zero_output: whether the output is zeros instead.

    Returns:
        The outputs of all steps in a list, and the last states.
    """
    outputs: list = []
    for t in range(inputs.shape[1]):
        output, new = step(inputs[:, t], states)
        if mask is not None:
            unmasked = mask[:, t]
            before = outputs[-1] if outputs and not zero_output else ops.zeros_like(output)
            output = _where(unmasked, output, before)
            pairs = zip(tree.flatten(new), tree.flatten(states), strict=True)
            new = tree.pack_sequence_as(states, [_where(unmasked, *pair) for pair in pairs])
        outputs.append(output)
        states = new
    return outputs, states


def _where(mask, x, other):
    """`x` where the mask, one value for each sample, is True."""
    return ops.where(ops.reshape(mask, (*mask.shape, *[1] * (x.ndim - mask.ndim))), x, other)
