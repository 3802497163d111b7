"""Normalization: subtracting a mean and dividing by a standard deviation or norm."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import configuration
from minicnn.ops.define.declare import composite, op
from minicnn.ops.define.half import at_least_float32
from minicnn.ops.define.specs import normalize_axes, reduced_shape
from minicnn.ops.linalg.norms import euclidean_length
from minicnn.ops.nn.softmax_family import check_axis
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

Axes = int | Sequence[int]


def _moments_spec(x, axes, keepdims=False, synchronized=False):
    shape = reduced_shape(x.shape, axes, keepdims)
    return KerasTensor(shape, x.dtype), KerasTensor(shape, x.dtype)


def _moments_vjp(cotangents, outputs, x, axes, keepdims, synchronized):
    """`(μ̄ + 2 σ̄² · (x - μ)) / n`. (σ² depends on μ with derivative 0, as `Σ (x - μ) = 0`.)"""
    axes = normalize_axes(axes, x.ndim)
    mean, by_mean, by_variance, x = map(at_least_float32, (outputs[0], *cotangents, x))
    if not keepdims:
        mean, by_mean, by_variance = (
            ops.expand_dims(t, sorted(axes)) for t in (mean, by_mean, by_variance)
        )
    count = max(x.size // max(mean.size, 1), 1)
    return scaled(2 * by_variance / count, x - mean) + by_mean / count


@op("x", promote="float", spec=_moments_spec, vjp=_moments_vjp)
def moments(x: Any, axes: Axes, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and (biased) variance over `axes`: `μ = Σ x / n`, `σ² = Σ (x - μ)² / n`.

    Args:
        axes: one axis or several.
        keepdims: whether the axes stay, with length 1.
        synchronized: accepted and without effect, as there is one device.

    Returns:
        The pair (mean, variance).

    Example:
        >>> import minicnn as keras
        >>> keras.ops.moments([0.0, 2.0, 4.0], axes=[0])
        (Tensor(2., dtype=float32), Tensor(2.6666667, dtype=float32))
    """
    axes = normalize_axes(axes, x.ndim)
    if x.dtype != "float16":
        return kernels.moments(x, axes, keepdims)
    largest = kernels.finfo(x.dtype).max
    wide = kernels.moments(x.astype("float32"), axes, keepdims)
    return tuple(kernels.clip(t, -largest, largest).astype(x.dtype) for t in wide)


@composite("x", "mean", "variance", "offset", "scale", class_name="BatchNorm")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """`y = scale · (x - mean) / √(variance + ε) + offset`, with one of each for every channel.

    Args:
        x: of any shape.
        mean, variance, offset, scale: vectors, as long as `axis` of x; the last two may be None.
        axis: of the channels.

    Raises:
        ValueError: if a vector has another length.

    Source: Ioffe, Szegedy, "Batch normalization" (2015), algorithm 1.
    """
    check_axis(axis, len(x.shape))
    vectors = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
    mean, variance, offset, scale = (
        _along_axis(x, axis, name, vector) for name, vector in vectors.items()
    )
    factor = ops.rsqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    return x * factor + shift


def _along_axis(x: Any, axis: int, name: str, vector: Any) -> Any:
    """The vector in a shape that broadcasts along `axis` of x."""
    if vector is None:
        return None
    expected = x.shape[axis]
    if len(vector.shape) != 1 or (expected is not None and vector.shape[0] != expected):
        raise ValueError(
            f"Arguments `{name}` must be a vector of length `x.shape[axis]`. Expected: "
            f"({expected},), for x.shape={tuple(x.shape)} and axis={axis}. "
            f"Received: {tuple(vector.shape)}."
        )
    if axis in (-1, len(x.shape) - 1):
        return vector
    shape = [1] * len(x.shape)
    shape[axis] = vector.shape[0]
    return ops.reshape(vector, shape)


@composite("x", "gamma", "beta", class_name="LayerNorm")
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Axes = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Any:
    """`y = gamma · (x - μ) / √(σ² + ε) + beta`, with μ and σ² over `axis` of each sample.

    Args:
        gamma, beta: of the lengths of the axes, or of a shape that broadcasts; may be None.
        axis: one axis or several.
        epsilon: `configuration.epsilon()` by default.
        rms_scaling: deprecated: divide without subtracting the mean, and ignore beta.

    Source: Ba, Kiros, Hinton, "Layer normalization" (2016), eq. 3.
    """
    if rms_scaling:
        warnings.warn(
            "You passed `rms_scaling=True`, which is deprecated: it divides by the standard "
            "deviation and not by the root mean square. Use `rms_normalization` instead.",
            stacklevel=5,
        )
    epsilon = configuration.epsilon() if epsilon is None else epsilon
    dtype, axes = x.dtype, sorted(normalize_axes(axis, len(x.shape)))
    x = at_least_float32(x)
    gamma, beta = (_along_axes(x, axes, vector) for vector in (gamma, beta))
    mean, variance = moments(x, axes, keepdims=True)
    factor = ops.rsqrt(variance + epsilon)
    if gamma is not None:
        factor = factor * gamma
    if rms_scaling:
        return ops.cast(x * factor, dtype)
    shift = -mean * factor if beta is None else beta - mean * factor
    return ops.cast(x * factor + shift, dtype)


def _along_axes(x: Any, axes: list[int], vector: Any) -> Any:
    """The weights in the type of x and a shape that broadcasts along its `axes`."""
    if vector is None:
        return None
    vector, ndim = ops.cast(vector, x.dtype), len(x.shape)
    if len(vector.shape) == ndim or axes == [ndim - 1]:
        return vector
    shape = tuple(n if i in axes else 1 for i, n in enumerate(x.shape))
    return ops.reshape(vector, shape)


@composite("x", "scale", class_name="RMSNorm")
def rms_normalization(
    x: Any, scale: Any = None, axis: Axes = -1, epsilon: float | None = None
) -> Any:
    """`y = scale · x / √(mean(x²) + ε)`, with the mean over `axis` of each sample.

    Source: Zhang, Sennrich, "Root mean square layer normalization" (2019), eq. 4.
    """
    epsilon = configuration.epsilon() if epsilon is None else epsilon
    dtype = x.dtype
    x = at_least_float32(x)
    y = x * ops.rsqrt(ops.mean(x * x, axis=axis, keepdims=True) + epsilon)
    if scale is not None:
        y = y * ops.cast(scale, x.dtype)
    return ops.cast(y, dtype)


@composite("x", wide=True)
def normalize(x: Any, axis: Axes = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """`y = x / max(‖x‖, ε)`, with the norm of the given order along `axis`.

    Raises:
        ValueError: if the order is not a whole number from 1 on.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.normalize([[2.0, 0.0], [0.0, 0.0]])
        Tensor([[1., 0.],
                [0., 0.]], dtype=float32)
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    if len(x.shape) == 0:
        x = ops.expand_dims(x, 0)
    check_axis(axis, len(x.shape))
    epsilon = configuration.epsilon() if epsilon is None else epsilon
    if order == 2:  # along two axes `norm` would compute a matrix norm
        length = euclidean_length(x, axis, keepdims=True)
    else:
        length = ops.norm(x, ord=order, axis=axis, keepdims=True)
    return x / ops.maximum(length, epsilon)
