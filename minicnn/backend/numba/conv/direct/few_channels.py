"""Direct convolution of images with few channels: the first layer of a network.

With one to four channels a sum has few terms (9 for 3 × 3 × 1), so reading and writing results
takes more time than multiplying. Here the four pixels of a window of the pool are computed
together, for sixteen filters at a time; these are eight vectors, which stay in registers:

        taps        image, one window at x:         16 filters of W
                      . . . . .
       1 tap at       . x x . .     pixel 0  [ 0,0 … 0,7 | 0,8 … 0,15 ]   +=   image number · W row
       a time         . x x . .     pixel 1  [ 1,0 … 1,7 | 1,8 … 1,15 ]
                      . . . . .        ⋮                 ⋮

Bias, activation and pool follow in registers, and only the pool's result and its argmax are
written: 5 bytes instead of 16 for each window and filter. Without a pool the four pixels are
neighbours in memory.

The cotangent of a kernel of at most nine taps is in `few_channels_gradient.py`; the other gradients
are those of `__init__.py`. If the number of filters is not a multiple of eight, filters of zeros
are added, and removed from the result.

Shapes: x `(batch, height, width, channels)`, kernel `(height, width, channels, filters)`, float32.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.activations import ended, ending_of
from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.conv import direct
from minicnn.backend.numba.conv.direct.few_channels_gradient import NINE, kernel_and_bias_gradient
from minicnn.backend.numba.conv.direct.offset_tables import make_plan
from minicnn.backend.numba.conv.direct.planes import PANEL, kernel_panels, padded_image, zero_padded
from minicnn.backend.numba.machine.microkernels import PANEL_BYTES, add_product, row_at
from minicnn.backend.numba.machine.simd import (
    BYTES,
    WIDTH,
    address_of,
    store,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numba.max_pool_2x2 import store_largest
from minicnn.common.sliding_windows import Padding, Sizes

MOST_TAPS = 256


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """One to four channels and kernels up to 8 × 8."""
    return groups == 1 and channels <= 4 and channels * kernel_size[0] * kernel_size[1] <= MOST_TAPS


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
    batch, down, across, channels = x.shape
    filters_given = kernel.shape[-1]
    kernel = _filled_to_vectors(kernel)
    filters = kernel.shape[-1]
    plan = make_plan((down, across), channels, kernel.shape[:2], strides, padding, dilation)
    panels = kernel_panels(kernel.reshape(-1, filters))
    bias = direct.bias_panels(bias, filters)
    height, width = (plan.height // 2, plan.width // 2) if pooled else (plan.height, plan.width)
    y = np.empty((batch, height, width, filters), np.float32)
    with_argmax = pooled and argmax_needed
    argmax = np.empty(y.shape if with_argmax else (batch, 0, 0, 0), np.uint8)
    share(
        _convolve,
        cut(batch, direct.images_per_piece(plan, panels)),
        x.reshape(batch, down, across * channels),
        direct.border_shape(plan, padding),
        plan.inside,
        plan.windows if pooled else plan.tables.positions,
        plan.taps,
        panels,
        bias,
        y,
        argmax,
        ending_of(activation),
        pooled,
    )
    return _first_filters(y, filters_given), _first_filters(
        argmax, filters_given
    ) if with_argmax else None


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
    """Cotangents of input, kernel and bias; see `few_channels_gradient.py` and `__init__.py`."""
    geometry = (strides, padding, dilation)
    filters_given, shape = kernel.shape[-1], x.shape
    cotangent, kernel, y, argmax = (
        None if a is None else _filled_to_vectors(a) for a in (cotangent, kernel, y, argmax)
    )
    arrays = cotangent, x, kernel, y, argmax
    few = kernel_needed and kernel[..., 0].size <= NINE
    of_x = of_kernel = of_bias = None
    if input_needed or not few:
        needed = input_needed, kernel_needed and not few
        of_x, of_kernel, of_bias = direct.conv_layer_gradients(
            *arrays, *geometry, activation, *needed
        )
    if few:
        plan = make_plan(shape[1:3], shape[3], kernel.shape[:2], *geometry)
        of_kernel, of_bias = kernel_and_bias_gradient(
            x,
            cotangent,
            cotangent if y is None else y,
            direct.NO_ARGMAX if argmax is None else argmax,
            plan,
            direct.border_shape(plan, padding),
            cut(len(x), direct.images_per_piece(plan, kernel)),
            activation == "relu",
        )
    if not kernel_needed:
        return of_x, None, None
    return (
        of_x,
        _first_filters(of_kernel.reshape(kernel.shape), filters_given),
        _first_filters(of_bias, filters_given),
    )


def _filled_to_vectors(x: np.ndarray) -> np.ndarray:
    """The filters filled up with zeros to a multiple of eight."""
    return zero_padded(x, -(-x.shape[-1] // WIDTH) * WIDTH)


def _first_filters(x: np.ndarray, filters: int) -> np.ndarray:
    return np.ascontiguousarray(x[..., :filters])


@compiled
def _convolve(
    work, images, border, inside, positions, taps, panels, bias, y, argmax, ending, pooled
):
    """Computes the images of the taken pieces; see `padded_image` for `images` and `border`."""
    padded = np.zeros(border, np.float32)
    for _, first, last in pieces(work):
        for number in range(first, last):
            image = padded_image(images, number, padded, inside)
            if pooled:
                target = y[number]
                _sum_and_pool(image, positions, taps, panels, bias, target, argmax[number], ending)
            else:
                _sum(image, positions, taps, panels, bias, y[number], ending)


@part
def _sum(image, positions, taps, panels, bias, y, ending):
    """One image without a pool: four positions at a time; at the end the last is repeated."""
    filters = y.shape[2]
    last = len(positions) - 1
    for p in range(0, len(positions), 4):
        q, r, s = min(p + 1, last), min(p + 2, last), min(p + 3, last)
        places = positions[p], positions[q], positions[r], positions[s]
        for panel in range(len(panels)):
            start = row_at(address_of(bias) + panel * PANEL_BYTES)
            a, b, c, d = _four_sums(image, places, taps, address_of(panels[panel]), start)
            target = address_of(y) + panel * PANEL_BYTES
            whole = filters - panel * PANEL >= PANEL
            _store(target + p * filters * 4, a, ending, whole)
            _store(target + q * filters * 4, b, ending, whole)
            _store(target + r * filters * 4, c, ending, whole)
            _store(target + s * filters * 4, d, ending, whole)


@part
def _sum_and_pool(image, windows, taps, panels, bias, y, argmax, ending):
    """One image with a pool: one window at a time."""
    filters = y.shape[2]
    for panel in range(len(panels)):
        start = row_at(address_of(bias) + panel * PANEL_BYTES)
        weights = address_of(panels[panel])
        target = address_of(y) + panel * PANEL_BYTES
        argmax_at = address_of(argmax) + panel * PANEL if argmax.size else 0
        whole = filters - panel * PANEL >= PANEL
        for p in range(0, len(windows), 4):
            places = windows[p], windows[p + 1], windows[p + 2], windows[p + 3]
            a, b, c, d = _four_sums(image, places, taps, weights, start)
            _store_window(target, argmax_at, a[0], b[0], c[0], d[0], ending)
            if whole:
                other = argmax_at + WIDTH if argmax_at else 0
                _store_window(target + BYTES, other, a[1], b[1], c[1], d[1], ending)
            target += filters * 4
            argmax_at += filters if argmax_at else 0


@part
def _four_sums(image, places, taps, weights, start):
    """The sums of four positions for sixteen filters: four pairs of vectors."""
    p, q, r, s = places
    a = b = c = d = start
    for k in range(len(taps)):
        tap = image + taps[k]
        left, right = row_at(weights)
        a = add_product(a, tap + p, left, right)
        b = add_product(b, tap + q, left, right)
        c = add_product(c, tap + r, left, right)
        d = add_product(d, tap + s, left, right)
        weights += PANEL_BYTES
    return a, b, c, d


@part
def _store(target, row, ending, whole):
    left, right = row
    store(target, ended(left, ending))
    if whole:
        store(target + BYTES, ended(right, ending))


@part
def _store_window(target, argmax_at, a, b, c, d, ending):
    """Activates the four sums of a window, and writes the maximum and its argmax."""
    a, b, c, d = ended(a, ending), ended(b, ending), ended(c, ending), ended(d, ending)
    store_largest(target, argmax_at, a, b, c, d)
