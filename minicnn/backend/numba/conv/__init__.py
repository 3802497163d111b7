"""Two-dimensional convolution with bias, activation and pool, by several algorithms.

    im2col.py        a matrix product over blocks of patches: any convolution
    direct/          the same product without writing the patches: filters in multiples of eight
    winograd/        3 × 3 kernels with fewer multiplications
    depthwise.py     each channel with a kernel of its own: plain loops
    one_by_one.py    kernels of one pixel: a dense layer

This file chooses one of them. An algorithm is a file (or object) with three functions, for
contiguous images of one float type, channels last:

    supports(channels, filters, kernel_size, strides, dilation, groups)
    conv_layer(x, kernel, bias, strides, padding, dilation, activation, pooled, argmax_needed)
    conv_layer_gradients(cotangent, x, kernel, y, argmax, strides, padding, dilation, activation,
                         input_needed, kernel_needed)

The first one in `CHOICES` that supports the case is used; `config.set_convolution_algorithm`
overrides the table, for comparisons. One spatial dimension is treated as two. Groups that no
algorithm supports are computed one after the other. NumPy computes all other cases (three
dimensions, float16, complex numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from minicnn.backend.numba.activations import relu6_gradient
from minicnn.backend.numba.compiler.compile import contiguous, same_float
from minicnn.backend.numba.conv import depthwise, direct, im2col, one_by_one, winograd
from minicnn.backend.numba.conv.direct import few_channels
from minicnn.backend.numpy import conv as plain_definition
from minicnn.backend.numpy import fused_layers as definition
from minicnn.backend.numpy.fused_layers import Gradients
from minicnn.common import configuration
from minicnn.common.sliding_windows import Padding, Sizes


class Case(NamedTuple):
    """What the choice of an algorithm depends on: the arguments of `supports`."""

    channels: int
    filters: int
    kernel_size: Sizes
    strides: Sizes
    dilation: Sizes
    groups: int


class Choice(NamedTuple):
    """An algorithm, when it is the fastest, and whether it also does float64."""

    algorithm: Any
    pays: Callable[[Case], bool]
    float64: bool = False


def always(case: Case) -> bool:
    return True


def enough_channels(case: Case) -> bool:
    """Whether the products take longer than the transforms, which Winograd adds."""
    return min(case.channels, case.filters) >= 8


def large_kernel(case: Case) -> bool:
    """Whether the product is so large that the matrix library's packing takes little time."""
    return case.channels * case.filters > 8192


# The first one that supports the case and whose `pays` is true. Times of one thread, forward and
# backward: with 8 channels and 16 filters Winograd takes as long as direct, with 32 and 64 half as
# long, with 64 and 64 a third; direct takes a third to two thirds of im2col's time, for first
# layers a tenth to half. Kernels of 1 × 1: with 32 channels and 64 filters direct takes 0.8 of the
# matrix product's time, with 128 and 128 the same, with 512 and 512 1.5 times as long.
CHOICES = (
    Choice(depthwise, always, float64=True),
    Choice(one_by_one, large_kernel),
    Choice(few_channels, always),
    Choice(winograd.four, enough_channels),
    Choice(direct, always),
    Choice(one_by_one, always, float64=True),
    Choice(im2col, always, float64=True),
)

# Algorithms whose gradient in the kernel does without that in the bias, another pass over memory.
WITHOUT_BIAS = (depthwise, im2col)

# What each setting puts before the table; used where it supports the case.
PREFERRED = {
    "auto": (),
    "im2col": (Choice(im2col, always, float64=True),),
    "direct": (Choice(few_channels, always), Choice(direct, always)),
    "winograd": (Choice(winograd.four, always),),
    "winograd_2x2": (Choice(winograd.two, always),),
}


def choose(case: Case, dtype: np.dtype) -> Any | None:
    """The algorithm for a convolution, or None if its groups must be computed one by one."""
    return _choose(case, dtype == np.float32, configuration.convolution_algorithm())


@cache
def _choose(case: Case, single: bool, preferred: str) -> Any | None:
    for algorithm, pays, float64 in (*PREFERRED[preferred], *CHOICES):
        if (single or float64) and algorithm.supports(*case) and pays(case):
            return algorithm
    return None


def conv_layer(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    pooled: bool = False,
    argmax_needed: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Convolution, bias, activation and pool together; see `backend/numpy/fused_layers.py`."""
    geometry = (strides, padding, dilation)
    if not _compiles(x, kernel, *_present(bias)):
        return definition.conv_layer(x, kernel, bias, *geometry, groups, activation, pooled)
    if x.ndim == 3:
        geometry = _two_dimensional(*geometry)
        y, _ = conv_layer(x[:, None], kernel[None], bias, *geometry, groups, activation)
        return y[:, 0], None
    case = Case(x.shape[-1], kernel.shape[-1], kernel.shape[:2], strides, dilation, groups)
    algorithm = choose(case, x.dtype)
    if algorithm is not None:
        x, kernel, bias = (a if a is None else contiguous(a)[0] for a in (x, kernel, bias))
        return algorithm.conv_layer(x, kernel, bias, *geometry, activation, pooled, argmax_needed)
    parts = zip(_split(x, groups), _split(kernel, groups), _split(bias, groups), strict=True)
    return _joined([conv_layer(*part, *geometry, 1, activation, pooled) for part in parts])


def conv_layer_gradients(
    cotangent: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    y: np.ndarray | None,
    argmax: np.ndarray | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
    activation: str = "linear",
    input_needed: bool = True,
    kernel_needed: bool = True,
) -> Gradients:
    """Cotangents of input, kernel and bias (None if not needed).

    See `backend/numpy/fused_layers.py`. With "linear" and no pool, `y` is not read and may be None.
    The algorithms compute the gradient of relu along with theirs; that of relu6 is taken before.
    """
    y = cotangent if y is None else y
    if activation == "relu6":
        cotangent, activation = relu6_gradient(cotangent, y), "linear"
    geometry = (strides, padding, dilation)
    needed = (activation, input_needed, kernel_needed)
    arrays = (cotangent, x, kernel, y, argmax)
    if not _compiles(cotangent, x, kernel, y):
        return definition.conv_layer_gradients(*arrays, *geometry, groups, activation, input_needed)
    if x.ndim == 3:
        cotangent, x, y = (a[:, None] for a in (cotangent, x, y))
        arrays, geometry = (cotangent, x, kernel[None], y, None), _two_dimensional(*geometry)
        of_x, of_kernel, of_bias = conv_layer_gradients(*arrays, *geometry, groups, *needed)
        return _without(of_x, 1), _without(of_kernel, 0), of_bias
    case = Case(x.shape[-1], kernel.shape[-1], kernel.shape[:2], strides, dilation, groups)
    algorithm = choose(case, x.dtype)
    if algorithm is not None:
        arrays = (a if a is None else contiguous(a)[0] for a in arrays)
        return algorithm.conv_layer_gradients(*arrays, *geometry, *needed)
    parts = zip(*(_split(a, groups) for a in arrays), strict=True)
    return _joined([conv_layer_gradients(*part, *geometry, 1, *needed) for part in parts])


def conv(
    x: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Convolution; see `backend/numpy/conv.py`."""
    return conv_layer(x, kernel, None, strides, padding, dilation, groups)[0]


def conv_kernel_gradient(
    x: np.ndarray,
    cotangent: np.ndarray,
    kernel_size: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Cotangent of the kernel; see `backend/numpy/conv.py`."""
    geometry = (strides, padding, dilation, groups)
    if not _compiles(x, cotangent):
        return plain_definition.conv_kernel_gradient(x, cotangent, kernel_size, *geometry)
    case = Case(x.shape[-1], cotangent.shape[-1], kernel_size, strides, dilation, groups)
    if x.ndim == 4 and (algorithm := choose(case, x.dtype)) in WITHOUT_BIAS:
        x, cotangent = contiguous(x, cotangent)
        return algorithm.conv_kernel_gradient(x, cotangent, kernel_size, *geometry[:3])
    kernel = np.empty((*kernel_size, x.shape[-1] // groups, cotangent.shape[-1]), x.dtype)
    arrays = (cotangent, x, kernel, None, None)
    return conv_layer_gradients(*arrays, *geometry, input_needed=False)[1]


def conv_input_gradient(
    cotangent: np.ndarray,
    kernel: np.ndarray,
    input_shape: Sizes,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Cotangent of the input; see `backend/numpy/conv.py`."""
    geometry = (strides, padding, dilation, groups)
    if not _compiles(cotangent, kernel):
        return plain_definition.conv_input_gradient(cotangent, kernel, input_shape, *geometry)
    arrays = (cotangent, np.empty(input_shape, cotangent.dtype), kernel, None, None)
    return conv_layer_gradients(*arrays, *geometry, kernel_needed=False)[0]


def _compiles(*arrays: np.ndarray) -> bool:
    return same_float(*arrays) and arrays[0].ndim in (3, 4)


def _present(*arrays: np.ndarray | None) -> list[np.ndarray]:
    return [array for array in arrays if array is not None]


def _two_dimensional(
    strides: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Sizes, Padding, Sizes]:
    return (1, *strides), ((0, 0), *padding), (1, *dilation)


def _without(x: np.ndarray | None, axis: int) -> np.ndarray | None:
    return None if x is None else x.squeeze(axis)


def _split(x: np.ndarray | None, groups: int) -> list[np.ndarray | None]:
    return [None] * groups if x is None else np.split(x, groups, axis=-1)


def _joined(parts: list[tuple[np.ndarray | None, ...]]) -> tuple[np.ndarray | None, ...]:
    """The results of the groups joined along the last axis; None stays None."""
    return tuple(
        None if same[0] is None else np.concatenate(same, -1) for same in zip(*parts, strict=True)
    )
