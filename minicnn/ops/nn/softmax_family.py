"""Softmax and its relatives: activation functions over all elements along one or several axes."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.window_arguments import hashable
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy.cotangent_products import divided, scaled, zero_where_unused

Axis = int | tuple[int, ...] | None


def _same_shape_checked(x, *others, axis=-1):
    check_axis(axis, len(x.shape))
    return specs.like_first(x)


def check_axis(axis: Axis, ndim: int) -> None:
    """Raises unless the tensor has the axes."""
    specs.normalize_axes(axis, ndim)


def _softmax_gradient_vjp_y(g, _, cotangent, y, axis):
    total = ops.sum(scaled(cotangent, y), axis=axis, keepdims=True)
    mean = ops.sum(scaled(g, y), axis=axis, keepdims=True)
    return scaled(g, cotangent - total) - scaled(cotangent, mean)


@op(
    "cotangent",
    "y",
    promote="common",
    spec=_same_shape_checked,
    vjp=(
        lambda g, _, cotangent, y, axis: softmax_gradient(g, y, axis=axis),
        _softmax_gradient_vjp_y,
    ),
    wide=True,
)
def softmax_gradient(cotangent: Any, y: Any, axis: Axis = -1) -> Any:
    """The cotangent of the input of `y = softmax(x)`: `y · (ȳ - Σ ȳ·y)`."""
    axes = hashable(axis)
    part = kernels.softmax_gradient(cotangent, y, *axes)
    return zero_where_unused(part, cotangent, *axes)


@op(
    "x",
    promote="float",
    spec=_same_shape_checked,
    vjp=lambda g, y, x, axis: softmax_gradient(g, y, axis=axis),
    wide=True,
)
def normalized_exponentials(x: Any, axis: Axis) -> Any:
    """`exp(x) / Σ exp(x)`, computed from `x - max x` so that nothing overflows."""
    check_axis(axis, x.ndim)
    return kernels.softmax(x, *hashable(axis))


@composite("x")
def softmax(x: Any, axis: Axis = -1) -> Any:
    """Softmax: `y = exp(x) / Σ exp(x)` along `axis`, one axis or several; None takes all.

    The result keeps x as its logits, from which the cross-entropies compute: exact also where a
    probability is rounded to 0 or 1.

    Raises:
        ValueError: if the tensor has no such axis.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.softmax([[0.0, 0.0], [-1000.0, 1000.0]])
        Tensor([[0.5, 0.5],
                [0. , 1. ]], dtype=float32)
    """
    _warn_if_single(x.shape, axis)
    y = normalized_exponentials(x, axis=axis)
    y._keras_logits = x
    return y


def _warn_if_single(shape: tuple, axis: Axis) -> None:
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {tuple(shape)}. This "
            "axis has size 1. The softmax operation will always return the value 1, which is "
            "likely not what you intended. Did you mean to use a sigmoid instead?",
            stacklevel=5,
        )


def _log_softmax_gradient_vjp_y(g, _, cotangent, y, axis):
    return -scaled(g, ops.exp(y)) * ops.sum(cotangent, axis=axis, keepdims=True)


@op(
    "cotangent",
    "y",
    promote="common",
    spec=_same_shape_checked,
    vjp=(
        lambda g, _, cotangent, y, axis: (
            g - ops.sum(scaled(g, ops.exp(y)), axis=axis, keepdims=True)
        ),
        _log_softmax_gradient_vjp_y,
    ),
    wide=True,
)
def log_softmax_gradient(cotangent: Any, y: Any, axis: Axis = -1) -> Any:
    """The cotangent of the input of `y = log_softmax(x)`: `ȳ - exp(y) · Σ ȳ`."""
    axes = hashable(axis)
    part = kernels.log_softmax_gradient(cotangent, y, *axes)
    return zero_where_unused(part, cotangent, *axes)


@op(
    "x",
    promote="float",
    spec=_same_shape_checked,
    vjp=lambda g, y, x, axis: log_softmax_gradient(g, y, axis=axis),
    wide=True,
)
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """Logarithm of the softmax: `y = x - log Σ exp(x)` along `axis`, one axis or several."""
    check_axis(axis, x.ndim)
    return kernels.log_softmax(x, *hashable(axis))


def _sparsemax_vjp(g, y, x, axis):
    support = ops.cast(y > 0, x.dtype)
    total, size = (ops.sum(t, axis=axis, keepdims=True) for t in (g * support, support))
    return support * (g - divided(total, size))


@op("x", promote="float", spec=_same_shape_checked, vjp=_sparsemax_vjp, wide=True)
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The probability distribution nearest to x; most of its elements are exactly 0.

    `y = max(x - τ, 0)`, with τ such that y sums to 1 along `axis`.
    Source: Martins, Astudillo, "From softmax to sparsemax" (2016), algorithm 1.
    """
    check_axis(axis, x.ndim)
    z = -kernels.sort(-x, axis=axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    k = kernels.arange(1, x.shape[axis] + 1).astype(x.dtype).reshape(shape)
    sums = kernels.cumsum(z, axis=axis) - 1
    size = kernels.sum(k * z > sums, axis=axis, keepdims=True)
    tau = kernels.take_along_axis(sums, size - 1, axis) / size.astype(x.dtype)
    return kernels.maximum(x - tau, 0)
