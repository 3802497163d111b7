"""Recurrent layers: a cell computes each step of a sequence from its input and the state before.

The sequence is x `(batch, steps, inputs)`, the kernels are W `(inputs, gates · units)` and U
`(units, gates · units)`, the biases b and d. The inputs of all steps are multiplied at once,
`a = x · W + b`. With σ the sigmoid, ⊙ the product element by element, h and c the state before:

    simple_rnn          h' = tanh(a + h · U)
    lstm                i, f, g, o = σ, σ, tanh, σ of the four parts of a + h · U
                        c' = f ⊙ c + i ⊙ g,    h' = o ⊙ tanh(c')
    gru                 m = h · U + d,    z = σ(a₁ + m₁),    r = σ(a₂ + m₂)
                        g = tanh(a₃ + r ⊙ m₃),    h' = z ⊙ h + (1 − z) ⊙ g
    gru_reset_before    the same with g = tanh(a₃ + (r ⊙ h) · U₃), without d

A step that is masked leaves the state as it is. The gradients are those formulas, differentiated,
from the last step to the first (backpropagation through time).

Sources: Elman, "Finding structure in time" (1990); Hochreiter, Schmidhuber, "Long short-term
memory" (1997), with the forget gate of Gers, Schmidhuber, Cummins, "Learning to forget" (2000);
Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014), where versions 1 and
3 of the text reset before and after the product.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numpy.activations import sigmoid

Gradients = tuple[np.ndarray | None, ...]


def simple_rnn_step(a, states, recurrent_kernel, d):
    """`h'` (as a tuple of states), and what the gradient needs."""
    (h,) = states
    return (np.tanh(a + h @ recurrent_kernel),), a[:, :0]


def lstm_step(a, states, recurrent_kernel, d):
    """`h', c'`, and the gates `i, f, g, o`."""
    h, c = states
    i, f, g, o = np.split(a + h @ recurrent_kernel, 4, axis=-1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * c + i * g
    return (o * np.tanh(c), c), np.concatenate([i, f, g, o], axis=-1)


def gru_step(a, states, recurrent_kernel, d):
    """`h'`, and `z, r, g, m₃`."""
    (h,) = states
    m = h @ recurrent_kernel + d
    (a1, a2, a3), (m1, m2, m3) = np.split(a, 3, axis=-1), np.split(m, 3, axis=-1)
    z, r = sigmoid(a1 + m1), sigmoid(a2 + m2)
    g = np.tanh(a3 + r * m3)
    return (z * h + (1 - z) * g,), np.concatenate([z, r, g, m3], axis=-1)


def gru_reset_before_step(a, states, recurrent_kernel, d):
    """`h'`, and `z, r, g`."""
    (h,) = states
    u1, u2, u3 = np.split(recurrent_kernel, 3, axis=-1)
    a1, a2, a3 = np.split(a, 3, axis=-1)
    z, r = sigmoid(a1 + h @ u1), sigmoid(a2 + h @ u2)
    g = np.tanh(a3 + (r * h) @ u3)
    return (z * h + (1 - z) * g,), np.concatenate([z, r, g], axis=-1)


# The gradient of a step, from the cotangents of its states, returns the cotangents of a, of the
# states before, of U and of d. `new` and `old` are the states after and before the step.


def simple_rnn_step_gradient(cotangents, new, old, gates, recurrent_kernel):
    """`ā = h̄' ⊙ (1 − h'²)`, `h̄ = ā · Uᵀ`, `Ū = hᵀ · ā`."""
    a = cotangents[0] * (1 - new[0] ** 2)
    return a, (a @ recurrent_kernel.T,), old[0].T @ a, 0


def lstm_step_gradient(cotangents, new, old, gates, recurrent_kernel):
    """With `t = tanh(c')` and `ē = c̄' + h̄' ⊙ o ⊙ (1 − t²)`: `c̄ = ē ⊙ f`, and ē reaches i, f, g."""
    (h, c), (_, old_c) = cotangents, old
    i, f, g, o = np.split(gates, 4, axis=-1)
    t = np.tanh(new[1])
    e = c + h * o * (1 - t**2)
    parts = e * g * i * (1 - i), e * old_c * f * (1 - f), e * i * (1 - g**2), h * t * o * (1 - o)
    a = np.concatenate(parts, axis=-1)
    return a, (a @ recurrent_kernel.T, e * f), old[0].T @ a, 0


def gru_step_gradient(cotangents, new, old, gates, recurrent_kernel):
    """`ā₃ = h̄' ⊙ (1 − z) ⊙ (1 − g²)`, `r̄ = ā₃ ⊙ m₃`, `z̄ = h̄' ⊙ (h − g)`, `m̄ = (ā₁, ā₂, ā₃ ⊙ r)`."""
    (h,), (old_h,) = cotangents, old
    z, r, g, m3 = np.split(gates, 4, axis=-1)
    a3 = h * (1 - z) * (1 - g**2)
    a1, a2 = h * (old_h - g) * z * (1 - z), a3 * m3 * r * (1 - r)
    m = np.concatenate([a1, a2, a3 * r], axis=-1)
    a = np.concatenate([a1, a2, a3], axis=-1)
    return a, (h * z + m @ recurrent_kernel.T,), old_h.T @ m, m.sum(0)


def gru_reset_before_step_gradient(cotangents, new, old, gates, recurrent_kernel):
    """As above, with `s̄ = ā₃ · U₃ᵀ` for `s = r ⊙ h`: `r̄ = s̄ ⊙ h`, and `s̄ ⊙ r` is added to h̄."""
    (h,), (old_h,) = cotangents, old
    z, r, g = np.split(gates, 3, axis=-1)
    u12, u3 = np.split(recurrent_kernel, [2 * h.shape[-1]], axis=-1)
    a3 = h * (1 - z) * (1 - g**2)
    s = a3 @ u3.T
    parts = h * (old_h - g) * z * (1 - z), s * old_h * r * (1 - r)
    a12 = np.concatenate(parts, axis=-1)
    kernel = np.concatenate([old_h.T @ a12, (r * old_h).T @ a3], axis=-1)
    return np.concatenate([a12, a3], axis=-1), (h * z + s * r + a12 @ u12.T,), kernel, 0


STEPS = {
    "simple_rnn": (simple_rnn_step, simple_rnn_step_gradient),
    "lstm": (lstm_step, lstm_step_gradient),
    "gru": (gru_step, gru_step_gradient),
    "gru_reset_before": (gru_reset_before_step, gru_reset_before_step_gradient),
}


def recurrent_layer(
    x: np.ndarray,
    states: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | None,
    mask: np.ndarray | None,
    cell: str,
) -> tuple[np.ndarray, np.ndarray]:
    """The states after each step, and what the gradient needs besides.

    Args:
        x: `(batch, steps, inputs)`.
        states: those before the first step, `(states, batch, units)`: h, or h and c.
        kernel, recurrent_kernel: W and U.
        bias: b, `(gates · units,)`; for "gru" b and d, `(2, gates · units)`; or None.
        mask: `(batch, steps)`, 0 where a step is left out; or None.
        cell: a name in `STEPS`.

    Returns:
        The states, `(states, batch, steps, units)`, and the gates, `(batch, steps, n · units)`.
    """
    step, _ = STEPS[cell]
    b, d = biases(bias)
    a = x @ kernel + b
    after, gates = [], []
    for t in range(x.shape[1]):
        new, its_gates = step(a[:, t], states, recurrent_kernel, d)
        if mask is not None:
            new = np.where(mask[:, t, None] != 0, new, states)
        states = new
        after.append(np.stack(states))
        gates.append(its_gates)
    return np.stack(after, axis=2), np.stack(gates, axis=1)


def recurrent_layer_gradients(
    cotangent: np.ndarray,
    after: np.ndarray,
    gates: np.ndarray,
    x: np.ndarray,
    states: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | None,
    mask: np.ndarray | None,
    cell: str,
    input_needed: bool = True,
) -> Gradients:
    """Cotangents of x (None unless needed), of the first states, and of W, U and the bias.

    `after` and `gates` are the results of `recurrent_layer`. The cotangent of the state after a
    step is that given for it, plus what comes back from the step behind it. With ā of all steps,
    `W̄ = Σ xᵀ · ā`, `x̄ = ā · Wᵀ` and `b̄ = Σ ā`.
    """
    _, step_gradient = STEPS[cell]
    a, carried = np.zeros((*x.shape[:2], kernel.shape[1]), cotangent.dtype), 0
    recurrent_kernel_gradient = d = 0
    for t in reversed(range(x.shape[1])):
        g = cotangent[:, :, t] + carried
        kept = 1 if mask is None else mask[:, t, None] != 0
        old = after[:, :, t - 1] if t else states
        a[:, t], before, u, its_d = step_gradient(
            g * kept, after[:, :, t], old, gates[:, t], recurrent_kernel
        )
        carried = np.stack(before) + g * (1 - kept * 1)
        recurrent_kernel_gradient, d = recurrent_kernel_gradient + u, d + its_d
    rows, x_rows = a.reshape(-1, a.shape[-1]), x.reshape(-1, x.shape[-1])
    input_gradient = (rows @ kernel.T).reshape(x.shape) if input_needed else None
    b = rows.sum(0)
    if bias is None:
        b = None
    elif bias.ndim == 2:
        b = np.stack([b, d])
    return input_gradient, carried, x_rows.T @ rows, recurrent_kernel_gradient, b


def biases(bias: np.ndarray | None) -> tuple:
    """B and d, or zeros."""
    if bias is None:
        return 0, 0
    return tuple(bias) if bias.ndim == 2 else (bias, 0)
