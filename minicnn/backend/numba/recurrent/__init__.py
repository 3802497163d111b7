"""Recurrent layers, fused: all steps of a sequence in one compiled loop.

Each thread takes some samples of the batch through all steps, so the threads never wait for each
other. `backend/numpy/recurrent.py` has the formulas. Here `forward.py` has the steps, `backward.py`
their gradients, `products.py` and `rows.py` what both are made of, and `arrangement.py` says in
which order the matrices, biases and gates are in memory.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import contiguous, same_float
from minicnn.backend.numba.machine.microkernels import COLUMNS
from minicnn.backend.numba.machine.threads import PIECES, cut, share
from minicnn.backend.numba.recurrent.arrangement import (
    BLOCKS,
    F,
    bias_gradient,
    narrowed,
    padded,
    panels_of,
    wide_bias,
    widened,
)
from minicnn.backend.numba.recurrent.backward import backward
from minicnn.backend.numba.recurrent.forward import forward
from minicnn.backend.numpy import recurrent as definition
from minicnn.backend.numpy.recurrent import Gradients

PIECE_ROWS = 12  # least number of samples in a piece of work


def recurrent_layer(
    x: np.ndarray,
    states: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | None,
    mask: np.ndarray | None,
    cell: str,
) -> tuple[np.ndarray, np.ndarray]:
    """The states after each step, and the gates; see `backend/numpy/recurrent.py`."""
    if not _is_compiled(x, states, kernel, recurrent_kernel, bias, mask):
        return definition.recurrent_layer(x, states, kernel, recurrent_kernel, bias, mask, cell)
    blocks, units = BLOCKS[cell], len(recurrent_kernel)
    (batch, steps, _), width = x.shape, -(-units // COLUMNS) * COLUMNS
    after = np.empty((len(states), batch, steps, width), F)
    gates = np.empty((steps, batch, blocks.count * width), F)
    share(
        forward,
        _cut(batch),
        blocks.number,
        _mask_of(mask),
        contiguous(x)[0],
        panels_of(widened(kernel, width, blocks.count, blocks.of_inputs)),
        wide_bias(bias, width, blocks),
        panels_of(widened(recurrent_kernel, width, len(blocks.of_state))),
        padded(states, width),
        after,
        gates,
    )
    return np.ascontiguousarray(after[..., :units]), gates


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
    """Cotangents of x, the first states, W, U and the bias; see `backend/numpy/recurrent.py`."""
    given = cotangent, after, gates, x, states, kernel, recurrent_kernel
    if not _is_compiled(x, *given, bias, mask):
        return definition.recurrent_layer_gradients(*given, bias, mask, cell, input_needed)
    blocks, units = BLOCKS[cell], len(recurrent_kernel)
    (batch, steps, inputs), width = x.shape, -(-units // COLUMNS) * COLUMNS
    cotangent, after, first = (padded(a, width) for a in (cotangent, after, states))
    (gates,) = contiguous(gates)
    u = widened(recurrent_kernel, width, len(blocks.of_state))
    u, u3 = np.split(u, [2 * width], axis=1) if cell == "gru_reset_before" else (u, u)
    wide = widened(kernel, width, blocks.count, blocks.of_inputs)
    wide_inputs = -(-inputs // COLUMNS) * COLUMNS
    x_bars = np.zeros((batch, steps, wide_inputs) if input_needed else (0, 0, 0), F)
    bounds, carried = _cut(batch), np.empty_like(first)
    sums = np.zeros((len(bounds) - 1, inputs + width + 1, gates.shape[-1]), F)
    share(
        backward,
        bounds,
        blocks.number,
        _mask_of(mask),
        gates,
        contiguous(x)[0],
        panels_of(padded(wide.T, wide_inputs)),
        panels_of(padded(u.T, width)),
        panels_of(padded(u3.T, width)),
        first,
        after,
        cotangent,
        x_bars,
        carried,
        sums,
    )
    total = sums.sum(0)
    return (
        x_bars[..., :inputs] if input_needed else None,
        carried[..., :units],
        narrowed(total[:inputs], width, units, blocks.of_inputs),
        narrowed(total[inputs : inputs + units], width, units, blocks.of_state),
        bias_gradient(bias, total[-1], width, units, blocks),
    )


def _is_compiled(x: np.ndarray, *arrays: np.ndarray | None) -> bool:
    given = [a for a in arrays if a is not None]
    return x.dtype == F and x.size > 0 and same_float(x, *given)


def _cut(batch: int) -> np.ndarray:
    """Pieces of the batch: 1, 2, 4, 8 or 16, so that 2 or 4 threads get the same number."""
    pieces = 1
    while pieces < PIECES and 2 * pieces * PIECE_ROWS <= batch:
        pieces *= 2
    return cut(batch, 1, pieces)


def _mask_of(mask: np.ndarray | None) -> np.ndarray:
    return np.ones((0, 0), F) if mask is None else contiguous(mask)[0]
