"""Recurrent layers, fused: all steps of a sequence in one compiled loop.

The inputs of all steps are multiplied at once, before the loop; the loop multiplies only the state.
Each thread takes some samples of the batch through all steps, so the threads never wait for each
other. `backend/numpy/recurrent.py` has the formulas. Here a step of a few samples is

    1. a row of `work` plus h · U, by the product of `machine/microkernels.py`; a, written there
       before the loop, is replaced by the sum;
    2. eight units at a time: gates, new states. The gates replace the sum, for the gradient.

The gradients go the same way backwards: the gates in `work` are replaced by their cotangents, and
what is multiplied is the cotangents and Uᵀ. All sums over steps, W̄ and Ū, are products after the
loop.

Units are filled up with zeros to a multiple of 16, so no loop has a remainder; these zeros stay
zeros. `work` has blocks of units, for each cell in this order:

    simple_rnn          a, then h'                   of them are multiplied with h:   1
    lstm                i, f, g, o                                                    4
    gru                 z, r, m₃, g                                                   3
    gru_reset_before    z, r, g                          2, and then g with r ⊙ h
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, contiguous, part, same_float
from minicnn.backend.numba.exponentials import vector_sigmoid, vector_tanh
from minicnn.backend.numba.machine.microkernels import (
    COLUMNS,
    PANEL_BYTES,
    ROWS,
    add_products_to_stored,
    shifted,
    six_multiples,
    six_up_to,
)
from minicnn.backend.numba.machine.simd import (
    BYTES,
    address_of,
    load,
    multiply_add,
    splat,
    store,
    zero,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numba.products import dense_layer, dense_layer_gradients, matmul
from minicnn.backend.numpy import recurrent as definition
from minicnn.backend.numpy.recurrent import Gradients, biases

F = np.float32
SIMPLE, LSTM, GRU, RESET_BEFORE = range(4)
PIECE_ROWS = 3 * ROWS  # least number of samples in a piece of work


class Blocks(NamedTuple):
    """The blocks of `work`: which get the inputs' products, and which the state's."""

    number: int
    count: int
    of_inputs: tuple[int, ...]
    of_state: tuple[int, ...]


BLOCKS = {
    "simple_rnn": Blocks(SIMPLE, 1, (0,), (0,)),
    "lstm": Blocks(LSTM, 4, (0, 1, 2, 3), (0, 1, 2, 3)),
    "gru": Blocks(GRU, 4, (0, 1, 3), (0, 1, 2)),
    "gru_reset_before": Blocks(RESET_BEFORE, 3, (0, 1, 2), (0, 1, 2)),
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
    """The states after each step, and `work` with the gates; see `backend/numpy/recurrent.py`."""
    if not _is_compiled(x, states, kernel, recurrent_kernel, bias, mask):
        return definition.recurrent_layer(x, states, kernel, recurrent_kernel, bias, mask, cell)
    blocks, units = BLOCKS[cell], len(recurrent_kernel)
    (batch, steps, inputs), width = x.shape, -(-units // COLUMNS) * COLUMNS
    wide = _widened(kernel, width, blocks.count, blocks.of_inputs)
    work = dense_layer(x.reshape(-1, inputs), wide, _wide_bias(bias, width, blocks), "linear")
    first = _padded(states, width)
    after = np.empty((len(states), batch, steps, width), F)
    panels = _panels(_widened(recurrent_kernel, width, len(blocks.of_state)))
    share(
        _forward,
        _cut(batch),
        blocks.number,
        _mask_of(mask),
        work,
        panels,
        first,
        after,
        np.zeros((batch, width), F),
    )
    return np.ascontiguousarray(after[..., :units]), work


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
    cotangent, after, first = (_padded(a, width) for a in (cotangent, after, states))
    work, carried = gates.copy(), np.zeros_like(first)
    wide_u = _widened(recurrent_kernel, width, len(blocks.of_state))
    parts = np.split(wide_u, [2 * width], axis=1) if cell == "gru_reset_before" else [wide_u]
    panels = [_panels(_padded(part.T, width)) for part in (parts[0], parts[-1])]
    s = np.zeros((batch, steps, width), F) if len(parts) == 2 else np.zeros((1, 1, 1), F)
    share(
        _backward,
        _cut(batch),
        blocks.number,
        _mask_of(mask),
        work,
        *panels,
        first,
        after,
        cotangent,
        carried,
        s,
    )
    wide = _widened(kernel, width, blocks.count, blocks.of_inputs)
    x_gradient, kernel_gradient, sums = dense_layer_gradients(
        work, x.reshape(-1, inputs), wide, None, "linear", input_needed
    )
    before = np.concatenate([first[0][:, None], after[0][:, :-1]], axis=1).reshape(-1, width)
    ends = np.array([0, len(parts[0][0]), len(wide_u[0])])
    recurrent_gradient = matmul(before.T, work[:, : ends[1]])
    if len(parts) == 2:
        second = matmul(s.reshape(-1, width).T, work[:, ends[1] :])
        recurrent_gradient = np.concatenate([recurrent_gradient, second], axis=1)
    return (
        x_gradient.reshape(x.shape) if input_needed else None,
        carried[..., :units],
        _narrowed(kernel_gradient, width, units, blocks.of_inputs),
        _narrowed(recurrent_gradient[:units], width, units, range(len(blocks.of_state))),
        _bias_gradient(bias, sums, width, units, blocks),
    )


def _is_compiled(x: np.ndarray, *arrays: np.ndarray | None) -> bool:
    given = [a for a in arrays if a is not None]
    return x.dtype == F and x.size > 0 and same_float(x, *given)


def _cut(batch: int) -> np.ndarray:
    """Pieces of the batch, of whole groups of six samples."""
    groups = cut(-(-batch // ROWS), PIECE_ROWS // ROWS)
    return np.minimum(groups * ROWS, batch)


def _mask_of(mask: np.ndarray | None) -> np.ndarray:
    return np.ones((0, 0), F) if mask is None else contiguous(mask)[0]


def _padded(a: np.ndarray, width: int) -> np.ndarray:
    """The array with its last axis filled up with zeros to `width`."""
    if a.shape[-1] == width:
        return contiguous(a)[0]
    padded = np.zeros((*a.shape[:-1], width), F)
    padded[..., : a.shape[-1]] = a
    return padded


def _widened(matrix: np.ndarray, width: int, count: int, places: tuple | None = None) -> np.ndarray:
    """The matrix with each of its blocks of columns filled up to `width`, in `count` blocks."""
    places = range(count) if places is None else places
    blocks = np.zeros((len(matrix), count, width), F)
    units = matrix.shape[1] // len(places)
    blocks[:, list(places), :units] = matrix.reshape(len(matrix), len(places), units)
    return blocks.reshape(len(matrix), -1)


def _narrowed(matrix: np.ndarray, width: int, units: int, places: tuple | range) -> np.ndarray:
    """The adjoint of `_widened`."""
    blocks = matrix.reshape(len(matrix), -1, width)[:, list(places), :units]
    return blocks.reshape(len(matrix), -1)


def _wide_bias(bias: np.ndarray | None, width: int, blocks: Blocks) -> np.ndarray | None:
    """B and d, added up in the blocks that both go to."""
    if bias is None:
        return None
    b, d = biases(bias)
    wide = _widened(b[None], width, blocks.count, blocks.of_inputs)[0]
    return wide if bias.ndim == 1 else wide + _widened(d[None], width, 4, blocks.of_state)[0]


def _bias_gradient(bias, sums: np.ndarray, width: int, units: int, blocks: Blocks):
    if bias is None:
        return None
    b = _narrowed(sums[None], width, units, blocks.of_inputs)
    if bias.ndim == 1:
        return b[0]
    return np.concatenate([b, _narrowed(sums[None], width, units, blocks.of_state)])


def _panels(matrix: np.ndarray) -> np.ndarray:
    """The columns in groups of 16, each group side by side in memory, `(groups, rows, 16)`."""
    groups = matrix.reshape(len(matrix), -1, COLUMNS)
    return np.ascontiguousarray(groups.transpose(1, 0, 2))


@part
def _multiply(target, target_step, source, source_step, rows, panels, first, count, terms):
    """`target += source · B` for some rows; B has `terms` rows and these panels of 16 columns."""
    for row in range(0, rows, ROWS):
        numbers = six_up_to(row, rows - 1)
        targets = shifted(six_multiples(numbers, target_step), target)
        sources = shifted(six_multiples(numbers, source_step), source)
        for panel in range(first, first + count):
            add_products_to_stored(
                shifted(targets, (panel - first) * PANEL_BYTES),
                terms,
                sources,
                4,
                panels + panel * terms * PANEL_BYTES,
                PANEL_BYTES,
            )


@compiled
def _forward(work, number, mask, a, panels, first, after, spare):
    states, batch, steps, width = after.shape
    terms, groups, row = panels.shape[1], width // COLUMNS, 4 * width
    a_row, h, c = 4 * a.shape[1], address_of(after), address_of(after) + row * batch * steps
    panel, count = address_of(panels), panels.shape[0]
    if number == RESET_BEFORE:
        count = 2 * groups
    for _, start, stop in pieces(work):
        rows = stop - start
        for t in range(steps):
            place = start * steps + t
            old, old_step = h + row * (place - 1), row * steps
            old_c = c + row * (place - 1)
            if t == 0:
                old, old_step = address_of(first) + row * start, row
                old_c = address_of(first) + row * (batch + start)
            here, step = address_of(a) + a_row * place, a_row * steps
            _multiply(here, step, old, old_step, rows, panel, 0, count, terms)
            if number == RESET_BEFORE:
                s = address_of(spare) + row * start
                for i in range(rows):
                    _reset(here + i * step, old + i * old_step, s + i * row, row)
                there = here + 2 * row
                _multiply(there, step, s, row, rows, panel, count, groups, terms)
            for i in range(rows):
                before, before_c = old + i * old_step, old_c + i * old_step
                target, target_c = h + row * (place + i * steps), c + row * (place + i * steps)
                if mask.size > 0 and mask[start + i, t] == 0:
                    _copy(before, target, row)
                    if states == 2:
                        _copy(before_c, target_c, row)
                elif number == LSTM:
                    _lstm(here + i * step, before_c, target, target_c, row)
                elif number == SIMPLE:
                    for j in range(0, row, BYTES):
                        store(target + j, vector_tanh(load(here + i * step + j)))
                else:
                    _gru(here + i * step, before, target, row, number == GRU)


@part
def _copy(source, target, row):
    for j in range(0, row, BYTES):
        store(target + j, load(source + j))


@part
def _lstm(z, old_c, h, c, row):
    """`c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ tanh c'`."""
    for j in range(0, row, BYTES):
        i, f = vector_sigmoid(load(z + j)), vector_sigmoid(load(z + row + j))
        g, o = vector_tanh(load(z + 2 * row + j)), vector_sigmoid(load(z + 3 * row + j))
        new = multiply_add(f, load(old_c + j), i * g)
        store(z + j, i)
        store(z + row + j, f)
        store(z + 2 * row + j, g)
        store(z + 3 * row + j, o)
        store(c + j, new)
        store(h + j, o * vector_tanh(new))


@part
def _gru(a, old, h, row, reset_after):
    """`g = tanh(a₃ + r ⊙ m₃)` or `tanh a₃`, `h' = g + z ⊙ (h − g)`."""
    for j in range(0, row, BYTES):
        if reset_after:
            z, r = vector_sigmoid(load(a + j)), vector_sigmoid(load(a + row + j))
            store(a + j, z)
            store(a + row + j, r)
            g = vector_tanh(multiply_add(r, load(a + 2 * row + j), load(a + 3 * row + j)))
            store(a + 3 * row + j, g)
        else:
            z, g = load(a + j), vector_tanh(load(a + 2 * row + j))
            store(a + 2 * row + j, g)
        store(h + j, multiply_add(z, load(old + j) - g, g))


@part
def _reset(a, old, s, row):
    """Z and r in their places, and `s = r ⊙ h`."""
    for j in range(0, row, BYTES):
        r = vector_sigmoid(load(a + row + j))
        store(a + j, vector_sigmoid(load(a + j)))
        store(a + row + j, r)
        store(s + j, r * load(old + j))


@compiled
def _backward(work, number, mask, a, panels, more_panels, first, after, cotangent, carried, s):
    _, batch, steps, width = after.shape
    groups, row, a_row = width // COLUMNS, 4 * width, 4 * a.shape[1]
    plane = row * batch * steps
    h, g, back = address_of(after), address_of(cotangent), address_of(carried)
    for _, start, stop in pieces(work):
        rows = stop - start
        for t in range(steps - 1, -1, -1):
            here, step = address_of(a) + a_row * (start * steps + t), a_row * steps
            for i in range(rows):
                place = row * ((start + i) * steps + t)
                old, old_c = h + place - row, h + plane + place - row
                if t == 0:
                    old = address_of(first) + row * (start + i)
                    old_c = old + row * batch
                gates, h_bar, c_bar = here + i * step, back + row * (start + i), 0
                _add(g + place, h_bar, row)
                if number == LSTM:
                    c_bar = h_bar + row * batch
                    _add(g + plane + place, c_bar, row)
                if mask.size > 0 and mask[start + i, t] == 0:
                    for j in range(0, a_row, BYTES):
                        store(gates + j, zero())
                elif number == LSTM:
                    _lstm_gradient(gates, old_c, h + plane + place, h_bar, c_bar, row)
                elif number == SIMPLE:
                    _simple_gradient(gates, h + place, h_bar, row)
                else:
                    _gru_gradient(gates, old, h_bar, row, number == GRU)
            h_bar = back + row * start
            if number == RESET_BEFORE:
                _multiply_reset(here, step, rows, h, h_bar, s, mask, first, more_panels, start, t)
            terms = panels.shape[1]
            _multiply(h_bar, row, here, step, rows, address_of(panels), 0, groups, terms)


@part
def _add(source, target, row):
    for j in range(0, row, BYTES):
        store(target + j, load(target + j) + load(source + j))


@part
def _sigmoid_slope(y):
    return y * (splat(F(1)) - y)


@part
def _tanh_slope(y):
    return (splat(F(1)) - y) * (splat(F(1)) + y)


@part
def _simple_gradient(a, h, h_bar, row):
    """`ā = h̄' ⊙ (1 − h'²)`; h̄' is used up."""
    for j in range(0, row, BYTES):
        store(a + j, load(h_bar + j) * _tanh_slope(load(h + j)))
        store(h_bar + j, zero())


@part
def _lstm_gradient(gates, old_c, c, h_bar, c_bar, row):
    """The gates' cotangents in their places; `c̄ = ē ⊙ f`; h̄' is used up."""
    for j in range(0, row, BYTES):
        i, f = load(gates + j), load(gates + row + j)
        g, o = load(gates + 2 * row + j), load(gates + 3 * row + j)
        t, h = vector_tanh(load(c + j)), load(h_bar + j)
        e = multiply_add(h * o, _tanh_slope(t), load(c_bar + j))
        store(gates + j, e * g * _sigmoid_slope(i))
        store(gates + row + j, e * load(old_c + j) * _sigmoid_slope(f))
        store(gates + 2 * row + j, e * i * _tanh_slope(g))
        store(gates + 3 * row + j, h * t * _sigmoid_slope(o))
        store(c_bar + j, e * f)
        store(h_bar + j, zero())


@part
def _gru_gradient(gates, old, h_bar, row, reset_after):
    """The gates' cotangents in their places (that of r later, if reset before); `h̄ = h̄' ⊙ z`."""
    last = 3 * row if reset_after else 2 * row
    for j in range(0, row, BYTES):
        z, r, g = load(gates + j), load(gates + row + j), load(gates + last + j)
        h = load(h_bar + j)
        a3 = h * (splat(F(1)) - z) * _tanh_slope(g)
        store(gates + j, h * (load(old + j) - g) * _sigmoid_slope(z))
        if reset_after:
            m3 = load(gates + 2 * row + j)
            store(gates + row + j, a3 * m3 * _sigmoid_slope(r))
            store(gates + 2 * row + j, a3 * r)
        store(gates + last + j, a3)
        store(h_bar + j, h * z)


@part
def _multiply_reset(here, step, rows, h, h_bar, s, mask, first, panels, start, t):
    """`s̄ = ā₃ · U₃ᵀ`, `r̄ = s̄ ⊙ h`, `h̄ += s̄ ⊙ r`; and s itself, for Ū."""
    steps, width = s.shape[1:]
    row = 4 * width
    s_bar = address_of(s) + row * (start * steps + t)
    _multiply(
        s_bar,
        row * steps,
        here + 2 * row,
        step,
        rows,
        address_of(panels),
        0,
        width // COLUMNS,
        panels.shape[1],
    )
    for i in range(rows):
        old, r_bar = h + row * ((start + i) * steps + t - 1), here + i * step + row
        if t == 0:
            old = address_of(first) + row * (start + i)
        if mask.size > 0 and mask[start + i, t] == 0:
            continue
        for j in range(0, row, BYTES):
            place, target = s_bar + row * steps * i + j, h_bar + row * i + j
            bar, r, state = load(place), load(r_bar + j), load(old + j)
            store(target, multiply_add(bar, r, load(target)))
            store(r_bar + j, bar * state * _sigmoid_slope(r))
            store(place, r * state)
