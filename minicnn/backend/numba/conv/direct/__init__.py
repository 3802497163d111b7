"""Direct convolution ("implicit GEMM"): the matrix product of im2col, without writing the patches.

    z[p, f] = bias[f] + Σ_k X[p, k] · W[k, f]        X[p, k] = image[positions[p] + taps[k]]

The matrix product reads six rows of X at a time (`machine/microkernels.py`). It needs only their
addresses, and a row of X is part of the image itself: `offset_tables.py` has the tables of
addresses. So the copy that im2col writes and reads is saved. W is rearranged once into panels of
sixteen filters.

          image, channels side by side              W: panel of 16 filters
       . . . . . . . .
       . a b c d . . .    row 0 of X: a b c, below  [ taps of kernel row 0 ]
       . e f g h . . .    row 1 of X: b c d, below  [ taps of kernel row 1 ]
       . i j k l . . .       ⋮                      [ taps of kernel row 2 ]

Padding is a border of zeros around a copy of the image, which stays in the cache.

The cotangent of the input is a convolution of Ḡ, or several (`phases.py`), with Ḡ the cotangent of
z. The same loop computes it, from a copy of Ḡ with a border (`planes.py`). The cotangent of the
kernel is in `kernel_gradient.py`.

Shapes: x `(batch, height, width, channels)`, kernel `(height, width, channels, filters)`, filters a
multiple of eight; everything float32.

Source: Chetlur et al., "cuDNN: efficient primitives for deep learning" (2014), section 3; Zhang,
Franchetti, Low, "High performance zero-memory overhead direct convolutions" (2018).
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.activations import ended, ending_of
from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.conv import im2col
from minicnn.backend.numba.conv.activation_and_pool import activate_and_pool, cotangent_of_sums
from minicnn.backend.numba.conv.direct.kernel_gradient import add_kernel_gradient
from minicnn.backend.numba.conv.direct.offset_tables import Plan, make_plan
from minicnn.backend.numba.conv.direct.phases import plan_input_gradient
from minicnn.backend.numba.conv.direct.planes import (
    PANEL,
    fill_plane,
    fill_plane_from_windows,
    kernel_panels,
    padded_image,
    panels_of,
    zero_padded,
)
from minicnn.backend.numba.machine.microkernels import (
    PANEL_BYTES,
    ROWS,
    add_products,
    row_at,
    shifted,
    six_multiples,
    six_of,
    six_times,
    six_up_to,
    store_sums,
)
from minicnn.backend.numba.machine.simd import WIDTH, address_of, store
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.common.sliding_windows import Padding, Sizes

PIECE_OPERATIONS = 1_000_000  # least number of multiplications in a piece of work
NO_ARGMAX = np.empty((0, 0, 0, 0), np.uint8)
NO_IMAGES = np.empty((0, 0, 0, 0), np.float32)
NO_ENDING = ending_of("linear")
NO_PANELS = np.empty((0, 0, 0), np.float32)
SUMS_BYTES = 16 * 1024 * 1024  # largest size of the kernel's gradients of all pieces
MOST_SUMS = 8  # one for each piece; more would take time to clear and add


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """Filters in multiples of eight, no groups."""
    return groups == 1 and filters % WIDTH == 0


def conv_layer(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    pooled: bool,
    argmax_needed: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """`pool(activation(X · W + bias))`; see `backend/numpy/fused_layers.py`."""
    batch, *size, channels = x.shape
    filters = kernel.shape[-1]
    plan = make_plan(tuple(size), channels, kernel.shape[:2], strides, padding, dilation)
    panels = kernel_panels(kernel.reshape(-1, filters))
    bias = bias_panels(bias, filters)
    images = x.reshape(batch, size[0], size[1] * channels)
    y = np.empty((batch, plan.height, plan.width, filters), np.float32)
    ending = ending_of(activation)

    border = border_shape(plan, padding)
    bounds = cut(batch, images_per_piece(plan, panels))
    share(_convolve, bounds, images, border, plan.inside, plan.tables, panels, bias, y, ending)
    return activate_and_pool(y, "linear", pooled)


def conv_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray | None,
    argmax: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    activation: str,
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """Cotangents of input, kernel and bias; see `backend/numpy/fused_layers.py`."""
    geometry = (strides, padding, dilation)
    plan = make_plan(x.shape[1:3], x.shape[3], kernel.shape[:2], *geometry)
    size = (plan.height, plan.width)
    input_gradient = None
    if input_needed and x.shape[3] % WIDTH:
        cotangent = cotangent_of_sums(cotangent, y, argmax, activation, size)
        cotangent, argmax, activation = np.ascontiguousarray(cotangent), None, "linear"
        input_gradient = im2col.conv_input_gradient(cotangent, kernel, x.shape, *geometry)
        input_needed = False
    if not (input_needed or kernel_needed):
        return input_gradient, None, None
    batch, down, across, channels = x.shape
    if input_needed:
        input_gradient = np.empty(x.shape, np.float32)
    panels = panels_of(kernel.shape[-1])
    input_plan = plan_input_gradient(x.shape[1:3], size, kernel.shape[:2], *geometry, panels)
    plane_shape = (panels, *(input_plan.plane if input_needed else size), PANEL)
    taps = plan.taps if kernel_needed else plan.taps[:0]
    sums_at_once = min(MOST_SUMS, SUMS_BYTES // (1 + kernel.nbytes))
    bounds = cut(batch, images_per_piece(plan, kernel), sums_at_once)
    sums = np.zeros((len(bounds) - 1, plane_shape[0], len(taps), PANEL), np.float32)
    totals = np.zeros((len(bounds) - 1, plane_shape[0] * PANEL), np.float32)
    share(
        _gradients,
        bounds,
        (
            x.reshape(batch, down, across * channels),
            cotangent,
            cotangent if y is None else y,
            NO_ARGMAX if argmax is None else argmax,
            _transposed_panels(kernel, input_plan.order) if input_needed else NO_PANELS,
            input_gradient if input_needed else NO_IMAGES,
        ),
        (border_shape(plan, padding), plane_shape),
        (plan.inside, input_plan.inside if input_needed else (0, 0)),
        (taps, (plan.row_step, plan.column_step), size),
        input_plan.tables,
        (sums, totals),
        activation == "relu",
    )
    if not kernel_needed:
        return input_gradient, None, None
    filters = kernel.shape[-1]
    kernel_gradient = sums.sum(0).swapaxes(0, 1).reshape(len(taps), -1)[:, :filters]
    kernel_gradient = np.ascontiguousarray(kernel_gradient).reshape(kernel.shape)
    return input_gradient, kernel_gradient, totals.sum(0)[:filters]


def _transposed_panels(kernel: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The panels for the input's cotangent: taps in that order, channels in place of filters."""
    channels, filters = kernel.shape[2:]
    panels = panels_of(filters)
    filled = zero_padded(kernel, panels * PANEL).reshape(-1, channels, panels, PANEL)
    turned = filled.transpose(0, 2, 3, 1).reshape(-1, PANEL * channels)[order]
    return kernel_panels(turned.reshape(-1, channels))


def border_shape(plan: Plan, padding: Padding) -> Sizes:
    """The shape of a padded image; (0, 0) if images are read where they are."""
    return plan.padded if any(map(any, padding)) else (0, 0)


def bias_panels(bias: np.ndarray | None, filters: int) -> np.ndarray:
    length = panels_of(filters) * PANEL
    return np.zeros(length, np.float32) if bias is None else zero_padded(bias, length)


def images_per_piece(plan: Plan, panels: np.ndarray) -> int:
    operations = plan.height * plan.width * panels.size
    return 1 + PIECE_OPERATIONS // max(1, operations)


@compiled
def _convolve(work, images, border, inside, tables, panels, bias, y, ending):
    """Convolves the images of the taken pieces; see `padded_image` for `images` and `border`."""
    padded = np.zeros(border, np.float32)
    for _, first, last in pieces(work):
        for number in range(first, last):
            image = padded_image(images, number, padded, inside)
            _multiply(image, tables, panels, bias, y[number], ending)


@part
def _multiply(image, tables, panels, bias, y, ending):
    """`y = activation(X · W + bias)` for one image.

    image: address; tables: see `Tables`; panels `(panels, taps, 16)`; bias `(panels · 16,)`;
    y `(height, width, filters)`.
    """
    filters = y.shape[2]
    for panel in range(len(panels)):
        start = row_at(address_of(bias) + panel * PANEL_BYTES)
        whole = filters - panel * PANEL >= PANEL
        results = address_of(y) + panel * PANEL_BYTES
        first_weights = address_of(panels[panel])
        for phase in range(len(tables.phases)):
            first, last, first_run, last_run, run_length = _five(tables.phases[phase])
            for position in range(first, last, ROWS):
                numbers = six_up_to(position, last - 1)
                starts = shifted(six_of(tables.positions, numbers), image)
                sums = six_times(start)
                weights = first_weights
                for run in range(first_run, last_run):
                    rows = shifted(starts, tables.runs[run])
                    sums = add_products(sums, run_length, rows, 4, weights, PANEL_BYTES)
                    weights += run_length * PANEL_BYTES
                if ending[0]:
                    sums = _ended(sums, ending)
                pixels = six_of(tables.pixels, numbers)
                targets = shifted(six_multiples(pixels, filters * 4), results)
                if whole:
                    store_sums(targets, sums)
                else:
                    _store_left_halves(targets, sums)
            first_weights += (last_run - first_run) * run_length * PANEL_BYTES


@part
def _five(row):
    return row[0], row[1], row[2], row[3], row[4]


@compiled
def _gradients(work, arrays, shapes, insides, taps_and_steps, tables, all_sums, relu):
    """Writes the plane of each image of the taken pieces, then computes the gradients from it."""
    images, cotangent, y, argmax, turned, input_gradient = arrays
    image_inside, plane_inside = insides
    taps, steps, size = taps_and_steps
    sums, totals = all_sums
    padded, plane = np.zeros(shapes[0], np.float32), np.zeros(shapes[1], np.float32)
    no_bias = np.zeros(len(turned) * PANEL, np.float32)
    for piece, first, last in pieces(work):
        total = totals[piece]
        for number in range(first, last):
            if argmax.size:
                fill_plane_from_windows(
                    cotangent, y, argmax, number, plane, plane_inside, total, relu
                )
            else:
                fill_plane(cotangent, y, number, plane, plane_inside, total, relu)
            if len(taps):
                image = padded_image(images, number, padded, image_inside)
                add_kernel_gradient(image, taps, steps, plane, plane_inside, size, sums[piece])
            if len(turned):
                start, target = address_of(plane), input_gradient[number]
                _multiply(start, tables, turned, no_bias, target, NO_ENDING)


@part
def _ended(sums, ending):
    a, b, c, d, e, f = sums
    return (
        _ended_row(a, ending),
        _ended_row(b, ending),
        _ended_row(c, ending),
        _ended_row(d, ending),
        _ended_row(e, ending),
        _ended_row(f, ending),
    )


@part
def _ended_row(row, ending):
    return ended(row[0], ending), ended(row[1], ending)


@part
def _store_left_halves(targets, sums):
    """Writes the first eight of sixteen filters, if there are no others."""
    store(targets[0], sums[0][0])
    store(targets[1], sums[1][0])
    store(targets[2], sums[2][0])
    store(targets[3], sums[3][0])
    store(targets[4], sums[4][0])
    store(targets[5], sums[5][0])
