"""Products of a few rows with a packed matrix, and of columns with columns, in recurrent layers.

All are made of the product of `machine/microkernels.py`, of 6 × 16 or 4 × 16 numbers.
"""

from __future__ import annotations

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.machine.microkernels import (
    PANEL_BYTES,
    ROWS,
    add_four_products_to_stored,
    add_products,
    add_products_to_stored,
    row_at,
    shifted,
    six_multiples,
    six_times,
    six_up_to,
    store_row,
    store_sums,
)

FOUR = 4


@part
def add_row_products(target, target_step, source, source_step, rows, panels, count, terms):
    """`target += source · B` for some rows; B has `terms` rows, in `count` panels of 16 columns.

    Rows are `target_step` and `source_step` bytes apart. The last rows are a group of four where
    that is enough, so every even number of rows from 8 on is computed without a repeated one.
    """
    for panel in range(count):
        targets, factor = target + panel * PANEL_BYTES, panels + panel * terms * PANEL_BYTES
        for row in range(0, rows, ROWS):
            six = six_up_to(row, rows - 1)
            to = shifted(six_multiples(six, target_step), targets)
            of = shifted(six_multiples(six, source_step), source)
            if rows - row > FOUR:
                add_products_to_stored(to, terms, of, 4, factor, PANEL_BYTES)
            else:
                add_four_products_to_stored(to[:FOUR], terms, of[:FOUR], 4, factor, PANEL_BYTES)


@part
def store_products_and_bias(target, target_step, source, source_step, rows, panel, terms, bias):
    """`target = source · B + bias` for at most six rows and one panel of B."""
    six = six_up_to(0, rows - 1)
    to = shifted(six_multiples(six, target_step), target)
    of = shifted(six_multiples(six, source_step), source)
    store_sums(to, add_products(six_times(row_at(bias)), terms, of, 4, panel, PANEL_BYTES))


@part
def pack_panel(panel, source, source_step, rows, total):
    """Copies 16 numbers of each row side by side, and adds their sums over the rows to `total`."""
    left, right = row_at(total)
    for k in range(rows):
        row = row_at(source + k * source_step)
        store_row(panel + k * PANEL_BYTES, row)
        left, right = left + row[0], right + row[1]
    store_row(total, (left, right))


@part
def add_column_products(target, target_step, source, source_step, columns, panel, rows):
    """`target += Aᵀ · B`: A has some columns, and B is a packed panel, with as many rows as A."""
    for column in range(0, columns, ROWS):
        six = six_up_to(column, columns - 1)
        to = shifted(six_multiples(six, target_step), target)
        of = shifted(six_multiples(six, 4), source)
        if columns - column > FOUR:
            add_products_to_stored(to, rows, of, source_step, panel, PANEL_BYTES)
        else:
            add_four_products_to_stored(to[:FOUR], rows, of[:FOUR], source_step, panel, PANEL_BYTES)
