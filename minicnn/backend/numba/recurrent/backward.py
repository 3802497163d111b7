"""The gradients of a recurrent layer, from the last step to the first, compiled.

A piece of work is some samples of the batch, through all steps. For each step of a few samples

    1. eight units at a time: ā, the cotangents of the gates;
    2. h̄ += ā · Uᵀ, and x̄ = ā · Wᵀ if needed.

The rows ā of several steps, and beside them the rows [x | h | r ⊙ h] that were multiplied, stay in
the cache. About every 100 rows their products are added to the sums over all steps, W̄, Ū and b̄.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.exponentials import vector_tanh
from minicnn.backend.numba.machine.microkernels import COLUMNS, PANEL_BYTES
from minicnn.backend.numba.machine.simd import (
    BYTES,
    address_of,
    load,
    multiply_add,
    prefetch,
    splat,
    store,
    zero,
)
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numba.recurrent.arrangement import GRU, LSTM, RESET_BEFORE, SIMPLE, F
from minicnn.backend.numba.recurrent.products import (
    add_column_products,
    add_row_products,
    pack_panel,
)
from minicnn.backend.numba.recurrent.rows import clear_row, copy_row

LINE = 64  # bytes that a cache loads together
KEPT_ROWS = 96  # about as many rows of cotangents are kept before they are added to the sums


@compiled
def backward(
    work, number, mask, gates, x, w, u, u3, first, after, cotangent, x_bars, carried, sums
):
    """Fills `x_bars` (if not empty), `carried` and `sums`.

    They are the cotangents of x, those of the first states, and for each piece W̄, Ū and b̄, one
    below the other. The matrices w, u and u3 are packed: Wᵀ, Uᵀ, and U₃ᵀ of a state that is reset.
    """
    _, batch, steps, width = after.shape
    inputs, columns, x_step = x.shape[2], gates.shape[2], 4 * x_bars.shape[2] * steps
    row, gates_row, bars_row = 4 * width, 4 * columns, 4 * (columns + COLUMNS)
    held_row, plane = row + PANEL_BYTES, row * batch * steps
    for piece, start, stop in pieces(work):
        rows = stop - start
        kept = max(1, KEPT_ROWS // rows)  # number of steps whose rows are kept
        bars = np.empty((kept * rows, columns + COLUMNS), F)
        factors = np.empty((kept * rows, inputs + 2 * width), F)
        held = np.zeros((2, rows, width + COLUMNS), F)
        factors_row = 4 * factors.shape[1]
        for t in range(steps - 1, -1, -1):
            # Taken in each step: an array is freed after its last use, whatever reads its address.
            h_bars = address_of(held)
            begin = t % kept * rows
            a, h_of_all = address_of(bars) + bars_row * begin, 4 * inputs
            h_of_all += address_of(factors) + factors_row * begin
            for i in range(rows):
                sample = start + i
                place = row * (sample * steps + t)
                bar, h_bar, h = a + i * bars_row, h_bars + i * held_row, h_of_all + i * factors_row
                old, old_c = _before(first, after, sample, t)
                new, g = address_of(after) + place, address_of(cotangent) + place
                its, c_bar = _gates_at(gates, sample, t), h_bar + held_row * rows
                for j in range(inputs):
                    factors[begin + i, j] = x[sample, t, j]
                copy_row(old, h, row)
                _fetch(its - batch * gates_row, gates_row)
                _fetch(old - row, row)
                _fetch(old_c - row, row)
                _fetch(g - row, row)
                _fetch(g + plane - row, row)
                _add(g, h_bar, row)
                if number == LSTM:
                    _add(g + plane, c_bar, row)
                if mask.size > 0 and mask[sample, t] == 0:
                    clear_row(bar, gates_row)
                elif number == LSTM:
                    _lstm(its, bar, old_c, new + plane, h_bar, c_bar, row)
                elif number == SIMPLE:
                    _simple(its, bar, h_bar, row)
                else:
                    _gru(its, bar, h, h_bar, row, number == GRU)
            if number == RESET_BEFORE:
                _undo_reset(gates, mask, start, rows, t, a, h_of_all, factors_row, h_bars, u3)
            _add_products(h_bars, held_row, a, bars_row, rows, u)
            if x_bars.size > 0:
                target = address_of(x_bars) + x_step * start + x_step // steps * t
                _add_products(target, x_step, a, bars_row, rows, w)
            if t % kept == 0:
                count = min(kept, steps - t) * rows
                _add_sums(number, count, inputs, width, factors, bars, sums[piece])
        for k in range(len(carried)):
            for i in range(rows):
                target = address_of(carried) + row * (k * batch + start + i)
                copy_row(address_of(held) + held_row * (k * rows + i), target, row)


@part
def _add_products(target, target_step, source, source_step, rows, panels):
    """`target += source · B` for some rows and all panels of B."""
    count, terms, _ = panels.shape
    b = address_of(panels)
    add_row_products(target, target_step, source, source_step, rows, b, count, terms)


@part
def _gates_at(gates, sample, t):
    """The address of the gates of a sample at a step; they are in the order (steps, batch)."""
    _, batch, columns = gates.shape
    return address_of(gates) + 4 * columns * (t * batch + sample)


@part
def _undo_reset(gates, mask, start, rows, t, a, h, h_step, h_bars, u3):
    """`s̄ = ā₃ · U₃ᵀ`, and what follows for r̄ and h̄; s and s̄ stand behind h."""
    row = 4 * (gates.shape[2] // 3)
    bars_row, held_row = 3 * row + PANEL_BYTES, row + PANEL_BYTES
    for i in range(rows):
        clear_row(h + row + i * h_step, row)
    _add_products(h + row, h_step, a + 2 * row, bars_row, rows, u3)
    for i in range(rows):
        if mask.size == 0 or mask[start + i, t] != 0:
            its, old = _gates_at(gates, start + i, t), h + i * h_step
            _reset(its, a + i * bars_row, old, old + row, h_bars + i * held_row, row)


@part
def _before(first, after, sample, t):
    """The addresses of h and c of a sample before a step."""
    _, batch, steps, width = after.shape
    row = 4 * width
    if t == 0:
        place = address_of(first) + row * sample
        return place, place + row * batch
    place = address_of(after) + row * (sample * steps + t - 1)
    return place, place + row * batch * steps


@part
def _add_sums(number, count, inputs, width, factors, bars, sums):
    """`W̄ += xᵀ · ā`, `Ū += hᵀ · ā` and `b̄ += Σ ā` for some rows, 16 columns of ā at a time."""
    panel_array = np.empty((count, COLUMNS), F)
    sums_row, step = 4 * sums.shape[1], 4 * factors.shape[1]
    for column in range(0, sums.shape[1], COLUMNS):
        panel, target = address_of(panel_array), address_of(sums) + 4 * column
        block = column // width
        pack_panel(
            panel,
            address_of(bars) + 4 * column,
            4 * bars.shape[1],
            count,
            target + sums_row * (inputs + width),
        )
        h = inputs + (width if number == RESET_BEFORE and block == 2 else 0)
        x_columns = 0 if number == GRU and block == 2 else inputs
        h_columns = 0 if number == GRU and block == 3 else width
        for row, first, columns in ((0, 0, x_columns), (inputs, h, h_columns)):
            to, source = target + sums_row * row, address_of(factors) + 4 * first
            add_column_products(to, sums_row, source, step, columns, panel, count)


@part
def _fetch(address, row):
    """Loads a row of the next step in advance; what is not in an array is not loaded."""
    for j in range(0, row, LINE):
        prefetch(address + j)


@part
def _add(source, target, row):
    for j in range(0, row, BYTES):
        store(target + j, load(target + j) + load(source + j))


@part
def _sigmoid_slope(y):
    return y * (splat(F(1)) - y)


@part
def _tanh_slope(y):
    return multiply_add(zero() - y, y, splat(F(1)))


@part
def _simple(h, bar, h_bar, row):
    """`ā = h̄' ⊙ (1 − h'²)`; h̄' is used up."""
    for j in range(0, row, BYTES):
        store(bar + j, load(h_bar + j) * _tanh_slope(load(h + j)))
        store(h_bar + j, zero())


@part
def _lstm(gates, bar, old_c, c, h_bar, c_bar, row):
    """The gates' cotangents; `c̄ = ē ⊙ f`; h̄' is used up."""
    for j in range(0, row, BYTES):
        store(bar + 3 * row + j, vector_tanh(load(c + j)))
    for j in range(0, row, BYTES):
        i, f = load(gates + j), load(gates + row + j)
        g, o = load(gates + 2 * row + j), load(gates + 3 * row + j)
        t, h = load(bar + 3 * row + j), load(h_bar + j)
        e = multiply_add(h * o, _tanh_slope(t), load(c_bar + j))
        store(bar + j, e * g * _sigmoid_slope(i))
        store(bar + row + j, e * load(old_c + j) * _sigmoid_slope(f))
        store(bar + 2 * row + j, e * i * _tanh_slope(g))
        store(bar + 3 * row + j, h * t * _sigmoid_slope(o))
        store(c_bar + j, e * f)
        store(h_bar + j, zero())


@part
def _gru(gates, bar, old, h_bar, row, reset_after):
    """The gates' cotangents (that of r later, if reset before); `h̄ = h̄' ⊙ z`."""
    last = 3 * row if reset_after else 2 * row
    for j in range(0, row, BYTES):
        z, r, g = load(gates + j), load(gates + row + j), load(gates + last + j)
        h = load(h_bar + j)
        a3 = h * (splat(F(1)) - z) * _tanh_slope(g)
        store(bar + j, h * (load(old + j) - g) * _sigmoid_slope(z))
        if reset_after:
            m3 = load(gates + 2 * row + j)
            store(bar + row + j, a3 * m3 * _sigmoid_slope(r))
            store(bar + 2 * row + j, a3 * r)
        store(bar + last + j, a3)
        store(h_bar + j, h * z)


@part
def _reset(gates, bar, old, s_bar, h_bar, row):
    """`r̄ = s̄ ⊙ h`, `h̄ += s̄ ⊙ r`; and s itself, for Ū, instead of s̄."""
    for j in range(0, row, BYTES):
        its, r, state = load(s_bar + j), load(gates + row + j), load(old + j)
        store(h_bar + j, multiply_add(its, r, load(h_bar + j)))
        store(bar + row + j, its * state * _sigmoid_slope(r))
        store(s_bar + j, r * state)
