"""The innermost loop of the matrix products: 6 × 16 numbers of the result, held in registers.

Registers are the few places inside the processor on which instructions work; reading memory is
slower. A processor with AVX2 has 16 vector registers of eight float32. In each cycle it can start
two multiply-adds of vectors, but load only two vectors; so a product that loads both factors for
each multiplication has half the speed or less. Here the sums of 6 × 16 results stay in registers
while the loop runs along the common dimension k:

                           panel: 16 columns of B
                       k → [ left: 8  | right: 8 ]
             k
    row 0  [ a ]           [ sums 0,0 | sums 0,1 ]
    row 1  [ a ]           [ sums 1,0 | sums 1,1 ]
      ⋮      ⋮                  ⋮           ⋮
    row 5  [ a ]           [ sums 5,0 | sums 5,1 ]

One step of k loads two vectors of B and six single numbers of A, and does twelve multiply-adds. The
12 sums, 2 vectors of B and 1 copy of a number of A take 15 of the 16 registers.

Sums are a tuple of rows, and a row is a pair of vectors. The compiler removes the tuples, so all
numbers are in registers. A compiled function begins sums, adds any number of products, and stores
them:

    sums = no_sums()                                  # or sums_at(rows), or six_times(bias)
    sums = add_products(sums, count, rows_from(a, a_step), 4, panel, PANEL_BYTES)
    store_sums(rows_from(c, c_step), sums)

Rows are byte addresses, at any distances: the patch under a position of a convolution is a row,
too. B is packed: its 16 columns stand side by side in memory, one k after the other (a panel).

Source: Goto, van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), section 4;
Van Zee, van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality" (2015).
"""

from __future__ import annotations

from minicnn.backend.numba.compiler.compile import inlined, part
from minicnn.backend.numba.machine.simd import BYTES, broadcast, load, multiply_add, store, zero

ROWS = 6
COLUMNS = 16
PANEL_BYTES = 4 * COLUMNS  # of one k


@part
def rows_from(address, step):
    """The addresses of six rows, `step` bytes apart."""
    return (
        address,
        address + step,
        address + 2 * step,
        address + 3 * step,
        address + 4 * step,
        address + 5 * step,
    )


@part
def four_rows_from(address, step):
    """The addresses of four rows, `step` bytes apart."""
    return address, address + step, address + 2 * step, address + 3 * step


@part
def no_sums():
    """Six rows of zeros."""
    return six_times((zero(), zero()))


@part
def six_times(row):
    """The same row six times."""
    return row, row, row, row, row, row


@part
def row_at(address):
    """Reads sixteen numbers from an address on."""
    return load(address), load(address + BYTES)


@part
def store_row(address, row):
    """Writes sixteen numbers from an address on."""
    store(address, row[0])
    store(address + BYTES, row[1])


@part
def sums_at(rows):
    """Reads the sums that `store_sums` wrote."""
    a, b, c, d, e, f = rows
    return row_at(a), row_at(b), row_at(c), row_at(d), row_at(e), row_at(f)


@part
def store_sums(rows, sums):
    """Writes each row of sums to its address."""
    store_row(rows[0], sums[0])
    store_row(rows[1], sums[1])
    store_row(rows[2], sums[2])
    store_row(rows[3], sums[3])
    store_row(rows[4], sums[4])
    store_row(rows[5], sums[5])


@inlined
def add_products(sums, count, rows, row_step, panel, panel_step):
    """`sums[i, j] += Σ_k a[i, k] · b[k, j]` over `count` steps.

    a[i, k] is the number at address `rows[i] + k * row_step`; the sixteen numbers of b[k] begin at
    address `panel + k * panel_step`.
    """
    s0, s1, s2, s3, s4, s5 = sums
    a0, a1, a2, a3, a4, a5 = rows
    offset = 0
    for _ in range(count):
        left, right = row_at(panel)
        s0 = add_product(s0, a0 + offset, left, right)
        s1 = add_product(s1, a1 + offset, left, right)
        s2 = add_product(s2, a2 + offset, left, right)
        s3 = add_product(s3, a3 + offset, left, right)
        s4 = add_product(s4, a4 + offset, left, right)
        s5 = add_product(s5, a5 + offset, left, right)
        offset += row_step
        panel += panel_step
    return s0, s1, s2, s3, s4, s5


@part
def add_products_to_stored(targets, count, rows, row_step, panel, panel_step):
    """`add_products` to six rows of sums in memory, at the addresses `targets`."""
    sums = add_products(sums_at(targets), count, rows, row_step, panel, panel_step)
    store_sums(targets, sums)


@part
def add_four_products_to_stored(targets, count, rows, row_step, panel, panel_step):
    """The same for four rows; every even number of rows from 8 on is a sum of sixes and fours."""
    t0, t1, t2, t3 = targets
    a0, a1, a2, a3 = rows
    s0, s1, s2, s3 = row_at(t0), row_at(t1), row_at(t2), row_at(t3)
    offset = 0
    for _ in range(count):
        left, right = row_at(panel)
        s0 = add_product(s0, a0 + offset, left, right)
        s1 = add_product(s1, a1 + offset, left, right)
        s2 = add_product(s2, a2 + offset, left, right)
        s3 = add_product(s3, a3 + offset, left, right)
        offset += row_step
        panel += panel_step
    store_row(t0, s0)
    store_row(t1, s1)
    store_row(t2, s2)
    store_row(t3, s3)


@part
def add_product(row, address, left, right):
    """A row of sums plus the number at an address times sixteen others."""
    factor = broadcast(address)
    return multiply_add(factor, left, row[0]), multiply_add(factor, right, row[1])


@part
def six_up_to(first, last):
    """The six integers from `first` on, none larger than `last`, which is repeated.

    Repeated rows compute the same sums again and write them to the same place.
    """
    return (
        first,
        min(first + 1, last),
        min(first + 2, last),
        min(first + 3, last),
        min(first + 4, last),
        min(first + 5, last),
    )


@part
def six_of(table, numbers):
    """Six elements of a table."""
    a, b, c, d, e, f = numbers
    return table[a], table[b], table[c], table[d], table[e], table[f]


@part
def six_multiples(numbers, step):
    """Each of six numbers times `step`."""
    a, b, c, d, e, f = numbers
    return a * step, b * step, c * step, d * step, e * step, f * step


@part
def shifted(rows, offset):
    """Six addresses, each `offset` bytes further."""
    a, b, c, d, e, f = rows
    return a + offset, b + offset, c + offset, d + offset, e + offset, f + offset
