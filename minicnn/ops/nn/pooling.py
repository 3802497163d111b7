"""Pooling: the maximum or the mean of each window, for each channel."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.dtypes import is_real_float
from minicnn.common.shapes import Shape
from minicnn.common.sliding_windows import pad_pairs
from minicnn.common.window_arguments import (
    channels_of,
    from_channels_last,
    hashable,
    per_axis,
    spatial_shape,
    standardize_data_format,
    standardize_padding,
    to_channels_last,
    with_spatial,
)
from minicnn.ops.define.declare import composite, fused, op
from minicnn.ops.nn.output_shapes import compute_pooling_output_shape
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Sizes = int | Sequence[int]

WINDOW_2X2 = (2, 2), (2, 2), ((0, 0), (0, 0))


@functools.lru_cache(maxsize=1024)
def _settings(
    shape: Shape, pool_size: Sizes, strides: Sizes | None, padding: Any, data_format: str
):
    """Checks that the windows fit; returns pool size, strides and padding for the backend."""
    if len(shape) < 3:
        raise ValueError(
            "Pooling needs inputs with a batch dimension, spatial dimensions and channels. "
            f"Received: inputs.shape={tuple(shape)}"
        )
    compute_pooling_output_shape(shape, pool_size, strides, padding, data_format)
    rank = len(shape) - 2
    pool_size = per_axis(pool_size, rank, "pool_size")
    strides = pool_size if strides is None else per_axis(strides, rank, "strides")
    lengths = spatial_shape(shape, data_format)
    padding = standardize_padding(padding, allow_pairs=True)
    pairs = pad_pairs(padding, lengths, pool_size, strides, (1,) * rank)
    return pool_size, strides, pairs


def _pool_spec(inputs, pool_size, strides=None, padding="valid", data_format=None):
    shape = compute_pooling_output_shape(inputs.shape, pool_size, strides, padding, data_format)
    return KerasTensor(shape, inputs.dtype)


def _gather_spec(values, inputs, pool_size, strides=None, padding="valid", data_format=None):
    return _pool_spec(inputs, pool_size, strides, padding, data_format)


@op(
    "inputs",
    spec=_pool_spec,
    vjp=lambda g, y, x, **window: max_pool_gradient(g, x, **window),
    wide=True,
)
def _max_pool(
    inputs: Any,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    data_format = standardize_data_format(data_format)
    window = _settings(*hashable(inputs.shape, pool_size, strides, padding, data_format))
    y = kernels.max_pool(to_channels_last(inputs, data_format), *window)
    return from_channels_last(y, data_format)


def _is_2x2(x, pool_size, strides, padding, data_format) -> bool:
    """Whether this is pooling by two: 2 × 2 windows with strides 2 on channels-last images."""
    if not isinstance(x, Tensor) or x.ndim != 4 or data_format != "channels_last":
        return False
    window = _settings(*hashable(x.shape, pool_size, strides, padding, data_format))
    return window == WINDOW_2X2 and is_real_float(x.dtype)


def _max_pool_2x2_forward(inputs, recorded):
    return kernels.max_pool_2x2(inputs)


def _max_pool_2x2_gradients(cotangent, outputs, argmax, inputs, needed):
    return [kernels.max_pool_2x2_gradient(cotangent, argmax, inputs.shape[1:3])]


# Saves each window's argmax for the backward pass.
@fused("inputs", forward=_max_pool_2x2_forward, gradients=_max_pool_2x2_gradients, wide=True)
def _max_pool_2x2(inputs):
    return _max_pool(inputs, 2, data_format="channels_last")


@composite("inputs")
def max_pool(
    inputs: Any,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The largest element of each window.

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with
            `data_format="channels_first"`.
        pool_size: one integer, or one for each spatial dimension.
        strides: distance between windows; `pool_size` by default.
        padding: "valid" (whole windows only) or "same" (⌈length / stride⌉ windows; positions
            outside the inputs are never the maximum).

    Returns:
        `(batch, *positions, channels)`, in the layout of the inputs. The whole gradient of a
        window goes to its first maximum.
    """
    data_format = standardize_data_format(data_format)
    if _is_2x2(inputs, pool_size, strides, padding, data_format):
        return _max_pool_2x2(inputs)
    return _max_pool(inputs, pool_size, strides, padding, data_format)


@op(
    "cotangent",
    "inputs",
    spec=lambda cotangent, inputs, **_: KerasTensor(inputs.shape, cotangent.dtype),
    vjp=(lambda g, y, cotangent, x, **window: max_pool_gather(g, x, **window), None),
    wide=True,
)
def max_pool_gradient(
    cotangent: Any,
    inputs: Any,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The cotangent of the inputs of `max_pool`: that of each window, at its first maximum."""
    data_format = standardize_data_format(data_format)
    window = _settings(*hashable(inputs.shape, pool_size, strides, padding, data_format))
    cotangent, inputs = (to_channels_last(x, data_format) for x in (cotangent, inputs))
    return from_channels_last(kernels.max_pool_gradient(cotangent, inputs, *window), data_format)


@op(
    "values",
    "inputs",
    spec=_gather_spec,
    vjp=(lambda g, y, values, x, **window: max_pool_gradient(g, x, **window), None),
    wide=True,
)
def max_pool_gather(
    values: Any,
    inputs: Any,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The element of `values` at the position of each window's first maximum in `inputs`.

    The adjoint of `max_pool_gradient` as a function of its cotangent.
    """
    data_format = standardize_data_format(data_format)
    window = _settings(*hashable(inputs.shape, pool_size, strides, padding, data_format))
    values, inputs = (to_channels_last(x, data_format) for x in (values, inputs))
    return from_channels_last(kernels.max_pool_gather(values, inputs, *window), data_format)


@op(
    "inputs",
    promote="float",
    spec=_pool_spec,
    vjp=lambda g, y, x, **window: average_pool_gradient(g, input_shape=x.shape, **window),
    wide=True,
)
def average_pool(
    inputs: Any,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window, over the elements that lie inside the inputs.

    Arguments and result are those of `max_pool`.
    """
    data_format = standardize_data_format(data_format)
    window = _settings(*hashable(inputs.shape, pool_size, strides, padding, data_format))
    y = kernels.average_pool(to_channels_last(inputs, data_format), *window)
    return from_channels_last(y, data_format)


@op(
    "cotangent",
    promote="float",
    spec=lambda cotangent, input_shape, **_: KerasTensor(input_shape, cotangent.dtype),
    vjp=lambda g, y, cotangent, input_shape, **window: average_pool(g, **window),
    wide=True,
)
def average_pool_gradient(
    cotangent: Any,
    input_shape: Shape,
    pool_size: Sizes,
    strides: Sizes | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The cotangent of the inputs of `average_pool`: each window's, divided among its elements."""
    data_format = standardize_data_format(data_format)
    window = _settings(*hashable(input_shape, pool_size, strides, padding, data_format))
    channels = channels_of(input_shape, data_format)
    shape = (input_shape[0], *spatial_shape(input_shape, data_format), channels)
    x = kernels.average_pool_gradient(to_channels_last(cotangent, data_format), shape, *window)
    return from_channels_last(x, data_format)


def _adaptive_windows(length: int, count: int) -> list[range]:
    """`count` windows that cover an axis as evenly as possible; neighbours may overlap by one."""
    return [range(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _adaptive_outline(inputs: KerasTensor, output_size: Sizes, data_format: str) -> KerasTensor:
    """The outline of adaptive pooling, which depends on no spatial length of the inputs."""
    sizes = per_axis(output_size, inputs.ndim - 2, "output_size")
    channels = channels_of(inputs.shape, data_format)
    return KerasTensor(with_spatial(inputs.shape[0], sizes, channels, data_format), inputs.dtype)


def _spatial_axes(ndim: int, data_format: str) -> range:
    return range(1, ndim - 1) if data_format == "channels_last" else range(2, ndim)


@composite("inputs", wide=True)
def adaptive_average_pool(inputs: Any, output_size: Sizes, data_format: str | None = None) -> Any:
    """Average pooling to a given number of windows for inputs of any size.

    Window i of m along an axis of length n reaches from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉.

    Args:
        output_size: one integer, or one for each spatial dimension.

    Returns:
        The pooled inputs in their layout, with `output_size` as spatial dimensions.
    """
    data_format = standardize_data_format(data_format)
    if isinstance(inputs, KerasTensor):
        return _adaptive_outline(inputs, output_size, data_format)
    axes = _spatial_axes(len(inputs.shape), data_format)
    for axis, count in zip(axes, per_axis(output_size, len(axes), "output_size"), strict=True):
        weights = np.zeros((inputs.shape[axis], count), str(inputs.dtype))
        for i, window in enumerate(_adaptive_windows(*weights.shape)):
            weights[window, i] = 1 / len(window)
        inputs = ops.moveaxis(ops.matmul(ops.moveaxis(inputs, axis, -1), weights), -1, axis)
    return inputs


@composite("inputs")
def adaptive_max_pool(inputs: Any, output_size: Sizes, data_format: str | None = None) -> Any:
    """Max pooling to a given number of windows; see `adaptive_average_pool`."""
    data_format = standardize_data_format(data_format)
    if isinstance(inputs, KerasTensor):
        return _adaptive_outline(inputs, output_size, data_format)
    axes = _spatial_axes(len(inputs.shape), data_format)
    for axis, count in zip(axes, per_axis(output_size, len(axes), "output_size"), strict=True):
        windows = _adaptive_windows(inputs.shape[axis], count)
        longest = max(map(len, windows))
        # Short windows repeat their last element, which changes no maximum.
        indices = [[*w, *[w[-1]] * (longest - len(w))] for w in windows]
        inputs = ops.max(ops.take(inputs, np.array(indices), axis=axis), axis=axis + 1)
    return inputs
