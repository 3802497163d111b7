"""Two-dimensional depthwise convolution: each channel is convolved with its own kernel.

There is no sum over channels, so no matrix product. The innermost loops run along the channels,
which the compiler turns into vector instructions; threads take whole images. In float32, eight or
more channels have compiled functions of their own (`depthwise_vectors.py`), and so have 3 × 3 taps
(`depthwise_3x3.py`). The kernel has the shape `(height, width, 1, channels · multiplier)`; a
multiplier above 1 repeats each channel first.
"""

from __future__ import annotations

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.conv import depthwise_3x3, depthwise_vectors
from minicnn.backend.numba.conv.activation_and_pool import activate_and_pool, layer_gradients
from minicnn.backend.numba.conv.window import tap_spans
from minicnn.backend.numba.machine.threads import cut, for_chunks, for_pieces
from minicnn.common.sliding_windows import Padding, Sizes, output_size

PIECE_OPERATIONS = 50_000


def supports(
    channels: int, filters: int, kernel_size: Sizes, strides: Sizes, dilation: Sizes, groups: int
) -> bool:
    """Groups of one channel each."""
    return groups == channels > 1


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
    """`pool(activation(z + bias))`, `z[n, p, c] = Σ_k padded[n, p · stride + k, c] · kernel[k, c]`.

    The sums begin with the bias.
    """
    x = _repeated(x, kernel.shape[-1])
    size = output_size(x.shape[1:-1], kernel.shape[:2], strides, padding, dilation)
    if depthwise_vectors.fits(x, strides, dilation):
        bias = np.zeros(x.shape[-1], x.dtype) if bias is None else bias
        geometry = size, strides, padding, dilation
        if depthwise_3x3.fits(x, kernel.shape[:2], strides, padding, dilation, size):
            settings = size, strides[0], padding, activation
            y = depthwise_3x3.convolve(x, kernel[:, :, 0], bias, *settings)
            return activate_and_pool(y, "linear", pooled)
        y = depthwise_vectors.convolve(x, kernel[:, :, 0], bias, *geometry)
        return activate_and_pool(y, activation, pooled)
    y = np.zeros((len(x), *size, x.shape[-1]), x.dtype)
    if bias is not None:
        y += bias
    taps, *loops = _geometry(x.shape, y.shape, kernel, strides, padding, dilation)
    for_chunks(_convolve, len(x), x, taps, y, *loops, smallest=_images_per_piece(y, taps))
    return activate_and_pool(y, activation, pooled)


def conv_input_gradient(
    cotangent: np.ndarray,
    kernel: np.ndarray,
    input_shape: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint in `x`: cotangent times kernel, added to each element that was read."""
    if _turns(cotangent, kernel, input_shape, strides, padding, dilation):
        geometry = input_shape[1:-1], strides[0], padding
        gradient = depthwise_3x3.input_gradient(cotangent, kernel[:, :, 0], *geometry)
    elif depthwise_vectors.fits(cotangent, strides, dilation):
        geometry = input_shape[1:-1], strides, padding, dilation
        gradient = depthwise_vectors.input_gradient(cotangent, kernel[:, :, 0], *geometry)
    else:
        gradient = np.zeros((*input_shape[:-1], cotangent.shape[-1]), cotangent.dtype)
        loops = _geometry(gradient.shape, cotangent.shape, kernel, strides, padding, dilation)
        arrays = gradient, loops[0], cotangent, *loops[1:]
        smallest = _images_per_piece(cotangent, loops[0])
        for_chunks(_input_gradient, len(gradient), *arrays, smallest=smallest)
    multiplier = cotangent.shape[-1] // input_shape[-1]
    return gradient.reshape(*input_shape, multiplier).sum(-1) if multiplier > 1 else gradient


def conv_kernel_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint in the kernel: sums over images and positions, pieces added in their order."""
    filters = cotangent.shape[-1]
    x = _repeated(x, filters)
    if depthwise_3x3.fits(x, kernel_size, strides, padding, dilation, cotangent.shape[1:3]):
        return depthwise_3x3.kernel_gradient(x, cotangent, strides[0], padding)[:, :, None]
    if depthwise_vectors.fits(x, strides, dilation):
        geometry = kernel_size, strides, padding, dilation
        return depthwise_vectors.kernel_gradient(x, cotangent, *geometry)[:, :, None]
    taps = np.empty((*kernel_size, 1, filters), x.dtype)
    _, *loops = _geometry(x.shape, cotangent.shape, taps, strides, padding, dilation)
    bounds = cut(len(x), _images_per_piece(cotangent, taps))
    sums = np.zeros((len(bounds) - 1, *kernel_size, filters), x.dtype)
    for_pieces(
        lambda piece, start, stop: _kernel_gradient(start, stop, x, sums[piece], cotangent, *loops),
        bounds,
    )
    return sums.sum(0)[:, :, None, :]


def _turns(
    cotangent: np.ndarray,
    kernel: np.ndarray,
    input_shape: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> bool:
    """Whether `depthwise_3x3` has the adjoint in x; with stride 1 it is a convolution itself."""
    size = cotangent.shape[1:3]
    if strides == (1, 1):
        size, padding = input_shape[1:3], depthwise_3x3.turned(padding)
    return depthwise_3x3.fits(cotangent, kernel.shape[:2], strides, padding, dilation, size)


def _repeated(x: np.ndarray, filters: int) -> np.ndarray:
    """The input with each channel as often as there are filters for it; itself for one."""
    return x if filters == x.shape[-1] else np.repeat(x, filters // x.shape[-1], axis=-1)


def _geometry(
    input_shape: Sizes,
    output_shape: Sizes,
    kernel: np.ndarray,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """The kernel as `(height, width, filters)`, and the loops' bounds and steps."""
    spans = tap_spans(
        input_shape[2], output_shape[2], kernel.shape[1], strides[1], padding[1], dilation[1]
    )
    return kernel[:, :, 0, :], spans, (*strides, padding[0][0], dilation[0])


def _images_per_piece(y: np.ndarray, taps: np.ndarray) -> int:
    operations = taps.shape[0] * taps.shape[1] * y[:1].size
    return 1 + PIECE_OPERATIONS // max(1, operations)


conv_layer_gradients = layer_gradients(conv_input_gradient, conv_kernel_gradient)


@compiled
def _convolve(first, last, x, taps, y, spans, steps):
    stride_down, stride, top, step_down = steps
    for image in range(first, last):
        for line in range(y.shape[1]):
            for down in range(taps.shape[0]):
                row = line * stride_down + down * step_down - top
                if row < 0 or row >= x.shape[1]:
                    continue
                for across in range(taps.shape[1]):
                    start, stop, shift = spans[across]
                    factor = taps[down, across]
                    for position in range(start, stop):
                        source = x[image, row, position * stride + shift]
                        target = y[image, line, position]
                        for i in range(len(factor)):
                            target[i] += source[i] * factor[i]


@compiled
def _input_gradient(first, last, gradient, taps, cotangent, spans, steps):
    stride_down, stride, top, step_down = steps
    for image in range(first, last):
        for line in range(cotangent.shape[1]):
            for down in range(taps.shape[0]):
                row = line * stride_down + down * step_down - top
                if row < 0 or row >= gradient.shape[1]:
                    continue
                for across in range(taps.shape[1]):
                    start, stop, shift = spans[across]
                    factor = taps[down, across]
                    for position in range(start, stop):
                        source = cotangent[image, line, position]
                        target = gradient[image, row, position * stride + shift]
                        for i in range(len(factor)):
                            target[i] += source[i] * factor[i]


@compiled
def _kernel_gradient(first, last, x, sums, cotangent, spans, steps):
    stride_down, stride, top, step_down = steps
    for image in range(first, last):
        for line in range(cotangent.shape[1]):
            for down in range(sums.shape[0]):
                row = line * stride_down + down * step_down - top
                if row < 0 or row >= x.shape[1]:
                    continue
                for across in range(sums.shape[1]):
                    start, stop, shift = spans[across]
                    total = sums[down, across]
                    for position in range(start, stop):
                        left = x[image, row, position * stride + shift]
                        right = cotangent[image, line, position]
                        for i in range(len(total)):
                            total[i] += left[i] * right[i]
