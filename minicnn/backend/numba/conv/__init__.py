"""Convolution: which algorithm does it, and how other cases are brought to two dimensions.

An algorithm is a file with the functions `conv`, `conv_input_gradient` and `conv_kernel_gradient`,
for contiguous two-dimensional images of one float type; `CHOICES` says which one is used when. One
spatial dimension becomes two, groups that no algorithm knows are done one after the other, and what
is left (three dimensions, float16, complex numbers) is NumPy's.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from minicnn.backend.numba.compile import contiguous, same_float
from minicnn.backend.numba.conv import depthwise, im2col
from minicnn.backend.numpy import conv as definition
from minicnn.backend.numpy.conv import Padding, Sizes

# The first whose condition on (channels, kernel size, strides, groups) holds.
CHOICES = (
    (lambda channels, kernel_size, strides, groups: groups == channels > 1, depthwise),
    (lambda channels, kernel_size, strides, groups: groups == 1, im2col),
)


def choose(channels: int, kernel_size: Sizes, strides: Sizes, groups: int) -> ModuleType | None:
    """The algorithm for a convolution, or None if its groups must be taken apart."""
    case = (channels, kernel_size, strides, groups)
    return next((algorithm for applies, algorithm in CHOICES if applies(*case)), None)


def conv(
    x: np.ndarray,
    kernel: np.ndarray,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int = 1,
) -> np.ndarray:
    """Convolution; see `backend/numpy/conv.py`."""
    where = (strides, padding, dilation)
    if not same_float(x, kernel) or x.ndim not in (3, 4):
        return definition.conv(x, kernel, *where, groups)
    if x.ndim == 3:
        return conv(x[:, None], kernel[None], *_two_dimensional(*where), groups)[:, 0]
    algorithm = choose(x.shape[-1], kernel.shape[:2], strides, groups)
    if algorithm is None:
        parts = zip(_split(x, groups), _split(kernel, groups), strict=True)
        return np.concatenate([conv(*part, *where) for part in parts], -1)
    return algorithm.conv(*contiguous(x, kernel), *where)


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
    where = (strides, padding, dilation)
    if not same_float(x, cotangent) or x.ndim not in (3, 4):
        return definition.conv_kernel_gradient(x, cotangent, kernel_size, *where, groups)
    if x.ndim == 3:
        arrays, where = (x[:, None], cotangent[:, None]), _two_dimensional(*where)
        return conv_kernel_gradient(*arrays, (1, *kernel_size), *where, groups)[0]
    algorithm = choose(x.shape[-1], kernel_size, strides, groups)
    if algorithm is None:
        parts = zip(_split(x, groups), _split(cotangent, groups), strict=True)
        gradients = [conv_kernel_gradient(*part, kernel_size, *where) for part in parts]
        return np.concatenate(gradients, -1)
    return algorithm.conv_kernel_gradient(*contiguous(x, cotangent), kernel_size, *where)


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
    where = (strides, padding, dilation)
    if not same_float(cotangent, kernel) or cotangent.ndim not in (3, 4):
        return definition.conv_input_gradient(cotangent, kernel, input_shape, *where, groups)
    *outer, channels = input_shape
    if cotangent.ndim == 3:
        arrays, where = (cotangent[:, None], kernel[None]), _two_dimensional(*where)
        shape = (outer[0], 1, outer[1], channels)
        return conv_input_gradient(*arrays, shape, *where, groups)[:, 0]
    algorithm = choose(channels, kernel.shape[:2], strides, groups)
    if algorithm is None:
        parts = zip(_split(cotangent, groups), _split(kernel, groups), strict=True)
        shape = (*outer, channels // groups)
        return np.concatenate([conv_input_gradient(*part, shape, *where) for part in parts], -1)
    return algorithm.conv_input_gradient(*contiguous(cotangent, kernel), input_shape, *where)


def _two_dimensional(
    strides: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Sizes, Padding, Sizes]:
    return (1, *strides), ((0, 0), *padding), (1, *dilation)


def _split(x: np.ndarray, groups: int) -> list[np.ndarray]:
    return np.split(x, groups, axis=-1)
