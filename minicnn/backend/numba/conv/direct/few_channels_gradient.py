"""Cotangent of a kernel of at most nine taps (3 × 3 of one channel), and of the bias.

The sums of nine taps for eight filters fit into registers, so the cotangent is read as it is, and
need not be copied to a plane as for `kernel_gradient.py`:

    W̄[k, f] = Σ_p image[p + taps[k]] · ḡ[p, f]

        for each position p:   ḡ: 8 filters, where y is positive
                               9 times:  sums of a tap  +=  one number of the image · ḡ

In a window of a pool only the argmax has a cotangent. It may differ between filters, so all four
pixels are added, each with ḡ where the argmax is that pixel, and zeros elsewhere.

The loop takes one row of the result at a time, which stays in the cache while its filters are read
in groups of eight. The patches of the row are copied before, which takes little time, as all
filters read them. Then the nine numbers have known distances, and the loop needs one address, not
nine.

Shapes: cotangent and y `(batch, height, width, filters)`, filters a multiple of eight; the argmax
like them, or empty.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, inlined, part
from minicnn.backend.numba.conv.direct.offset_tables import Plan
from minicnn.backend.numba.conv.direct.planes import padded_image
from minicnn.backend.numba.machine.simd import (
    BYTES,
    add_line,
    address_of,
    broadcast,
    load,
    load_bytes,
    multiply_add,
    number_at,
    prefetch,
    splat,
    store,
    where_equal,
    where_positive,
    zero,
)
from minicnn.backend.numba.machine.threads import share
from minicnn.backend.numba.machine.work_pieces import pieces

NINE = 9


def kernel_and_bias_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    y: np.ndarray,
    argmax: np.ndarray,
    plan: Plan,
    border: tuple[int, int],
    bounds: np.ndarray,
    relu: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Cotangents of the kernel, `(taps, filters)`, and of the bias.

    border: the shape of a padded image; bounds: those of the pieces, in images.
    """
    batch, down, across, channels = x.shape
    filters, count = cotangent.shape[3], len(plan.taps)
    taps = np.pad(plan.taps, (0, NINE - count), mode="edge")
    sums = np.zeros((len(bounds) - 1, NINE + 1, filters), np.float32)
    share(
        _add_images,
        bounds,
        x.reshape(batch, down, across * channels),
        border,
        plan.inside,
        (plan.row_step, plan.column_step),
        taps,
        (cotangent, y, argmax),
        sums,
        relu,
    )
    total = sums.sum(0)
    return total[:count], total[-1]


@compiled
def _add_images(work, images, border, inside, steps, taps, arrays, sums, relu):
    """Adds the images of the taken pieces to `sums`; see `padded_image` for `images` and `border`.

    steps: bytes from the patch of a position to that of the next one below and to the right.
    """
    cotangent, y, argmax = arrays
    height, width, filters = cotangent.shape[1:]
    corners = 4 if argmax.size > 0 else 1
    padded = np.zeros(border, np.float32)
    patches = np.empty((width, corners, NINE), np.float32)
    for piece, first, last in pieces(work):
        for number in range(first, last):
            image = padded_image(images, number, padded, inside)
            for row in range(height):
                _copy_patches(image, row, steps, taps, patches)
                pixel = (number * height + row) * width * filters
                places = (
                    address_of(cotangent) + 4 * pixel,
                    address_of(y) + 4 * pixel,
                    address_of(argmax) + pixel if corners == 4 else 0,
                )
                _add_row(places, patches, sums[piece], relu)


@part
def _copy_patches(image, row, steps, taps, patches):
    """Copies the patches under a row of positions, or under the four pixels of each window."""
    width, corners, _ = patches.shape
    side = 2 if corners == 4 else 1
    for corner in range(corners):
        first = image + (side * row + corner // 2) * steps[0] + corner % 2 * steps[1]
        for tap in range(len(taps)):
            at, column = first + taps[tap], patches[:, corner, tap]
            for position in range(width):
                column[position] = number_at(at)
                at += side * steps[1]


@part
def _add_row(places, patches, sums, relu):
    """Adds one row of positions, or of windows: to the taps' sums, and to the bias's, the last."""
    width, corners, _ = patches.shape
    cotangent, y, argmax = places
    pixel = 4 * sums.shape[1]
    for c in range(0, pixel, BYTES):
        nine = _nine_zeros()
        total = zero()
        patch, at = address_of(patches), c
        for _ in range(width):
            prefetch(cotangent + at + width * pixel)
            value = load(cotangent + at)
            if relu:
                prefetch(y + at + width * pixel)
                value = where_positive(value, load(y + at))
            total = total + value
            if corners == 4:
                number = load_bytes(argmax + at // 4)
                for corner in range(4):
                    chosen = where_equal(number, splat(np.float32(corner)), value)
                    nine = _add_nine(nine, patch, chosen)
                    patch += 4 * NINE
            else:
                nine = _add_nine(nine, patch, value)
                patch += 4 * NINE
            at += pixel
        target = address_of(sums) + c
        add_line(target, pixel, nine)
        target += NINE * pixel
        store(target, load(target) + total)


@inlined
def _add_nine(nine, patch, value):
    """Adds a patch times `value` to the sums of nine taps."""
    a, b, c, d, e, f, g, h, i = nine
    return (
        multiply_add(broadcast(patch), value, a),
        multiply_add(broadcast(patch + 4), value, b),
        multiply_add(broadcast(patch + 8), value, c),
        multiply_add(broadcast(patch + 12), value, d),
        multiply_add(broadcast(patch + 16), value, e),
        multiply_add(broadcast(patch + 20), value, f),
        multiply_add(broadcast(patch + 24), value, g),
        multiply_add(broadcast(patch + 28), value, h),
        multiply_add(broadcast(patch + 32), value, i),
    )


@inlined
def _nine_zeros():
    return zero(), zero(), zero(), zero(), zero(), zero(), zero(), zero(), zero()
