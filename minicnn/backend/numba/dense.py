"""The dense layer and its gradients for a small batch, on several threads.

A product of 32 × 784 and 784 × 300 numbers takes the matrix library (BLAS) about as long as it
takes to copy the larger factor in the order in which it reads it, and it takes one thread. Here no
large factor is copied, and each product is cut into some sixteen pieces of work, which threads take
without the interpreter (`share`). All three products are made of tiles of 6 × 16 results, by the
loop of `machine/microkernels.py`:

    Y = X · W       a tile is 6 rows of X times 16 columns of W, which are read where they are
    dW = Xᵀ · dY    6 columns of X times 16 columns of dY, both where they are
    dX = dY · Wᵀ    computed as dXᵀ = W · dYᵀ: 6 rows of W times 16 columns of dYᵀ, a small copy

Each result is a sum in the order of k, whatever thread computes it: so the number of threads makes
no difference. At an edge, a tile reaches back over results that another has computed, and computes
the same again.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.activations import Ending
from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.machine.microkernels import (
    COLUMNS,
    PANEL_BYTES,
    ROWS,
    add_products,
    add_products_to_stored,
    no_sums,
    rows_from,
    shifted,
    six_multiples,
    six_up_to,
    store_sums,
)
from minicnn.backend.numba.machine.simd import address_of
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces

MOST_ROWS = 256  # for more, the copies of the library take a small part of its time
LEAST_OPERATIONS = 1_500_000  # multiplications; below, one call of the library takes less time
TERMS = 256  # of a sum, before the next columns: 256 rows of 16 numbers fit the first-level cache
GROUPS = 4  # least number of rows of tiles in a piece of work


def fits(x: np.ndarray, kernel: np.ndarray) -> bool:
    """Whether the functions below are for a layer with this input and this kernel."""
    rows, (terms, units) = len(x), kernel.shape
    return (
        rows <= MOST_ROWS
        and units >= COLUMNS
        and terms >= ROWS
        and rows * terms * units >= LEAST_OPERATIONS
        and x.dtype == kernel.dtype == np.float32
        and x.flags.c_contiguous
        and kernel.flags.c_contiguous
    )


def layer(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, ending: Ending) -> np.ndarray:
    """`x · kernel + bias`, and the activation; `ending` as from `activations.ending_of`."""
    y = np.empty((len(x), kernel.shape[1]), np.float32)
    share(_layer, cut(_panels(kernel.shape[1])), x, kernel, bias, y, ending)
    return y


def kernel_gradient(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """`xᵀ · cotangent`."""
    gradient = np.empty((x.shape[1], cotangent.shape[1]), np.float32)
    share(_kernel_gradient, cut(-(-x.shape[1] // ROWS), GROUPS), x, cotangent, gradient)
    return gradient


def input_gradient(cotangent: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """`cotangent · kernelᵀ`."""
    rows, units = cotangent.shape
    columns = np.zeros((_panels(rows), units, COLUMNS), np.float32)
    for panel, some in enumerate(columns):
        part = cotangent[COLUMNS * panel : COLUMNS * (panel + 1)]
        some[:, : len(part)] = part.T
    gradient = np.empty((rows, len(kernel)), np.float32)
    share(_input_gradient, cut(-(-len(kernel) // ROWS), GROUPS), columns, kernel, gradient)
    return gradient


def _panels(columns: int) -> int:
    return -(-columns // COLUMNS)


@compiled
def _layer(work, x, kernel, bias, y, ending):
    rows, terms = x.shape
    units = len(bias)
    zero = np.float32(0)
    sums = np.empty((rows, COLUMNS), np.float32)
    source, factor, target = address_of(x), address_of(kernel), address_of(sums)
    for _, start, stop in pieces(work):
        for panel in range(start, stop):
            column = min(COLUMNS * panel, units - COLUMNS)
            sums[:] = zero
            for first in range(0, terms, TERMS):
                count = min(TERMS, terms - first)
                for i in range(0, rows, ROWS):
                    numbers = six_up_to(i, rows - 1)
                    add_products_to_stored(
                        shifted(six_multiples(numbers, PANEL_BYTES), target),
                        count,
                        shifted(six_multiples(numbers, 4 * terms), source + 4 * first),
                        4,
                        factor + 4 * (first * units + column),
                        4 * units,
                    )
            for i in range(rows):
                for j in range(COLUMNS):
                    value = sums[i, j] + bias[column + j]
                    value = ending[1] if value > ending[1] else value
                    y[i, column + j] = zero if ending[0] and value < 0 else value


@compiled
def _kernel_gradient(work, x, cotangent, gradient):
    rows, terms = x.shape
    units = cotangent.shape[1]
    source, factor, target = address_of(x), address_of(cotangent), address_of(gradient)
    for _, start, stop in pieces(work):
        for first in range(0, units, COLUMNS):
            column = min(first, units - COLUMNS)
            for group in range(start, stop):
                i = min(ROWS * group, terms - ROWS)
                sums = add_products(
                    no_sums(),
                    rows,
                    rows_from(source + 4 * i, 4),
                    4 * terms,
                    factor + 4 * column,
                    4 * units,
                )
                store_sums(rows_from(target + 4 * (i * units + column), 4 * units), sums)


@compiled
def _input_gradient(work, columns, kernel, gradient):
    rows, terms = gradient.shape
    units = kernel.shape[1]
    tile = np.empty((ROWS, COLUMNS), np.float32)
    source, factor, target = address_of(kernel), address_of(columns), address_of(tile)
    for _, start, stop in pieces(work):
        for panel in range(len(columns)):
            first = COLUMNS * panel
            for group in range(start, stop):
                i = min(ROWS * group, terms - ROWS)
                sums = add_products(
                    no_sums(),
                    units,
                    rows_from(source + 4 * i * units, 4 * units),
                    4,
                    factor + PANEL_BYTES * panel * units,
                    PANEL_BYTES,
                )
                store_sums(rows_from(target, PANEL_BYTES), sums)
                for row in range(first, min(first + COLUMNS, rows)):
                    for j in range(ROWS):
                        gradient[row, i + j] = tile[j, row - first]
