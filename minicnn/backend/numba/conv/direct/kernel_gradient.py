"""Cotangent of the kernel without writing patches: `W̄ = Xᵀ · Ḡ`, summed over an image's positions.

For sixteen filters and six taps at a time, `add_products` sums over the positions:

                                   plane of Ḡ: 16 filters
                    positions →  [ position 0 ]
    tap 0   x x x x x x          [ position 1 ]         sums: taps 0 to 5
    tap 1   x x x x x x     ·    [ position 2 ]    =    times 16 filters
      ⋮                               ⋮
    tap 5   x x x x x x

Row i of Xᵀ is the image itself from tap i on: the next position is `column_step` bytes further.
The sums of the images of one piece of work are added in their order, then those of the pieces.
"""

from __future__ import annotations

from minicnn.backend.numba.compiler.compile import part
from minicnn.backend.numba.machine.microkernels import (
    PANEL_BYTES,
    ROWS,
    add_products,
    shifted,
    six_multiples,
    six_of,
    six_up_to,
    store_sums,
    sums_at,
)
from minicnn.backend.numba.machine.simd import address_of

BLOCK_POSITIONS = 400  # of all panels together: 25 KiB of a first-level cache of 32


@part
def add_kernel_gradient(image, taps, steps, plane, inside, size, sums):
    """Adds the sums of one image to `sums` `(panels, taps, 16)`.

    image: address of the padded image. taps: their offsets in it, in bytes. steps: bytes from a
    position's patch to the next one below and to the right. plane `(panels, height, width, 16)`,
    of which the `size` (height, width) from `inside` on is the cotangent.
    """
    height, width = size
    top, left = inside
    row_step, column_step = steps
    rows_at_once = max(1, BLOCK_POSITIONS // (width * len(plane)))
    last = len(taps) - 1
    line = plane.shape[2] * PANEL_BYTES
    cotangent = address_of(plane) + top * line + left * PANEL_BYTES
    for first in range(0, height, rows_at_once):
        stop = min(first + rows_at_once, height)
        for tap in range(0, len(taps), ROWS):
            numbers = six_up_to(tap, last)
            starts = shifted(six_of(taps, numbers), image)
            for panel in range(len(plane)):
                target = address_of(sums) + panel * len(taps) * PANEL_BYTES
                targets = shifted(six_multiples(numbers, PANEL_BYTES), target)
                total = sums_at(targets)
                for row in range(first, stop):
                    rows = shifted(starts, row * row_step)
                    values = cotangent + (panel * plane.shape[1] + row) * line
                    total = add_products(total, width, rows, column_step, values, PANEL_BYTES)
                store_sums(targets, total)
