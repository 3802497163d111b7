"""All steps of a recurrent layer, compiled.

A piece of work is some samples of the batch, through all steps. Its states stay in `held`, and what
a step is made of in `z`; both are small and side by side in memory, as the rows of one step in the
results are far apart (at distances that are multiples of 4096 bytes, for which a cache has few
places). What is stored is read again only by the gradient. For each step of a few samples

    1. z = x · W + b, for six steps at a time;
    2. z += h · U;
    3. eight units at a time: gates, and new states.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.exponentials import vector_gate, vector_tanh
from minicnn.backend.numba.machine.microkernels import COLUMNS, PANEL_BYTES, ROWS
from minicnn.backend.numba.machine.simd import (
    BYTES,
    address_of,
    load,
    multiply_add,
    store,
)
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numba.recurrent.arrangement import GRU, LSTM, RESET_BEFORE, SIMPLE, F
from minicnn.backend.numba.recurrent.products import add_row_products, store_products_and_bias
from minicnn.backend.numba.recurrent.rows import clear_row, copy_row


@compiled
def forward(work, number, mask, x, w_panels, bias, u_panels, first, after, gates):
    """Fills `after` and `gates`: the states after each step, and the gates."""
    states, batch, steps, width = after.shape
    inputs, columns, groups = x.shape[2], gates.shape[2], width // COLUMNS
    row, gates_row = 4 * width, 4 * columns
    held_row, z_row = row + PANEL_BYTES, gates_row + PANEL_BYTES
    u, (count, terms, _) = address_of(u_panels), u_panels.shape
    if number == RESET_BEFORE:
        count = 2 * groups
    for _, start, stop in pieces(work):
        rows = stop - start
        z_array = np.empty((rows * ROWS, columns + COLUMNS), F)
        held_array = np.empty((3, rows, width + COLUMNS), F)
        for k in range(states):
            for i in range(rows):
                source = address_of(first) + row * (k * batch + start + i)
                copy_row(source, address_of(held_array) + (k * rows + i) * held_row, row)
        for t in range(steps):
            # Taken in each step: an array is freed after its last use, whatever reads its address.
            h = address_of(held_array)
            c, s = h + rows * held_row, h + 2 * rows * held_row
            if t % ROWS == 0:
                place = address_of(x) + 4 * inputs * (start * steps + t)
                _multiply_inputs(address_of(z_array), z_row, place, x, rows, t, w_panels, bias)
            z, z_step = address_of(z_array) + z_row * (t % ROWS), z_row * ROWS
            add_row_products(z, z_step, h, held_row, rows, u, count, terms)
            if number == RESET_BEFORE:
                for i in range(rows):
                    _reset(z + i * z_step, h + i * held_row, s + i * held_row, row)
                u3 = u + count * terms * PANEL_BYTES
                add_row_products(z + 2 * row, z_step, s, held_row, rows, u3, groups, terms)
            for i in range(rows):
                place = (start + i) * steps + t
                a, to = z + i * z_step, address_of(gates) + gates_row * (t * batch + start + i)
                its_h, its_c = h + i * held_row, c + i * held_row
                if mask.size > 0 and mask[start + i, t] == 0:
                    clear_row(to, gates_row)
                elif number == LSTM:
                    _lstm(a, to, its_h, its_c, row)
                elif number == SIMPLE:
                    _simple(a, to, its_h, row)
                else:
                    _gru(a, to, its_h, row, number == GRU)
                copy_row(its_h, address_of(after) + row * place, row)
                if states == 2:
                    copy_row(its_c, address_of(after) + row * (batch * steps + place), row)


@part
def _multiply_inputs(z, z_row, place, x, rows, t, panels, bias):
    """`z = x · W + b` for some samples and six steps from t on."""
    _, steps, inputs = x.shape
    x_row = 4 * inputs
    for panel in range(len(panels)):
        for i in range(rows):
            store_products_and_bias(
                z + i * ROWS * z_row + panel * PANEL_BYTES,
                z_row,
                place + i * steps * x_row,
                x_row,
                min(ROWS, steps - t),
                address_of(panels) + panel * inputs * PANEL_BYTES,
                inputs,
                address_of(bias) + panel * PANEL_BYTES,
            )


@part
def _simple(a, gates, h, row):
    """`h' = tanh a`, which is the gate, too."""
    for j in range(0, row, BYTES):
        new = vector_tanh(load(a + j))
        store(gates + j, new)
        store(h + j, new)


@part
def _lstm(a, gates, h, c, row):
    """`c' = f ⊙ c + i ⊙ g`, `h' = o ⊙ tanh c'`."""
    for j in range(0, row, BYTES):
        i, f = vector_gate(load(a + j)), vector_gate(load(a + row + j))
        g, o = vector_tanh(load(a + 2 * row + j)), vector_gate(load(a + 3 * row + j))
        new = multiply_add(f, load(c + j), i * g)
        store(gates + j, i)
        store(gates + row + j, f)
        store(gates + 2 * row + j, g)
        store(gates + 3 * row + j, o)
        store(c + j, new)
    for j in range(0, row, BYTES):
        store(h + j, load(gates + 3 * row + j) * vector_tanh(load(c + j)))


@part
def _gru(a, gates, h, row, reset_after):
    """`g = tanh(a₃ + r ⊙ m₃)` or `tanh a₃`, `h' = g + z ⊙ (h − g)`."""
    for j in range(0, row, BYTES):
        if reset_after:
            z, r = vector_gate(load(a + j)), vector_gate(load(a + row + j))
            m3 = load(a + 2 * row + j)
            g = vector_tanh(multiply_add(r, m3, load(a + 3 * row + j)))
            store(gates + 2 * row + j, m3)
            store(gates + 3 * row + j, g)
        else:
            z, r, g = load(a + j), load(a + row + j), vector_tanh(load(a + 2 * row + j))
            store(gates + 2 * row + j, g)
        store(gates + j, z)
        store(gates + row + j, r)
        store(h + j, multiply_add(z, load(h + j) - g, g))


@part
def _reset(a, h, s, row):
    """Z and r in their places, and `s = r ⊙ h`."""
    for j in range(0, row, BYTES):
        r = vector_gate(load(a + row + j))
        store(a + j, vector_gate(load(a + j)))
        store(a + row + j, r)
        store(s + j, r * load(h + j))
