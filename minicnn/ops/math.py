"""Mathematical functions that NumPy does not have under these names."""

from __future__ import annotations

import math

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.common.shapes import broadcast_shapes
from minicnn.common.whole_numbers import check_whole_number
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op, operation_classes
from minicnn.ops.fourier import (
    FFT,
    FFT2,
    IFFT2,
    IRFFT,
    ISTFT,
    fft,
    fft2,
    ifft2,
    irfft,
    istft,
    rfft,
    stft,
)
from minicnn.ops.nn.softmax_family import normalized_exponentials
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.complex_numbers import from_parts
from minicnn.ops.numpy.cotangent_products import divided, scaled
from minicnn.ops.numpy.indexing import take_adjoint
from minicnn.ops.numpy.reductions import stretched
from minicnn.ops.segments import segment_max, segment_min, segment_prod, segment_sum
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "FFT",
    "FFT2",
    "IFFT2",
    "IRFFT",
    "ISTFT",
    "cdist",
    "erf",
    "erfc",
    "erfinv",
    "extract_sequences",
    "fft",
    "fft2",
    "ifft2",
    "in_top_k",
    "irfft",
    "istft",
    "logdet",
    "logsumexp",
    "rfft",
    "rsqrt",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "stft",
    "top_k",
    "view_as_complex",
    "view_as_real",
]


def _logsumexp_vjp(g, y, x, axis, keepdims):
    return scaled(stretched(g, x, axis, keepdims), normalized_exponentials(x, axis))


@op("x", promote="float", spec=specs.reduction, vjp=(_logsumexp_vjp,), wide=True)
def logsumexp(x, axis=None, keepdims=False):
    """`ln Σ exp(x)`, without overflow."""
    return kernels.logsumexp(x, rules.as_axis(axis), keepdims)


@op(
    "x",
    promote="float",
    spec=specs.elementwise,
    vjp=(lambda g, y, x: divided(scaled(-g, y), 2 * x),),
    wide=True,
)
def rsqrt(x):
    """`y = 1 / √x`."""
    return kernels.reciprocal(kernels.sqrt(x))


_SLOPE_AT_ZERO = 2 / math.sqrt(math.pi)


def _erf_slope(x):
    return _SLOPE_AT_ZERO * ops.exp(-ops.square(x))


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(g, _erf_slope(x)),))
def erf(x):
    """The error function: `y = 2/√π ∫₀ˣ exp(-t²) dt`."""
    return kernels.erf(x).astype(x.dtype, copy=False)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: scaled(-g, _erf_slope(x)),))
def erfc(x):
    """`y = 1 - erf(x)`, exact where that is close to 0."""
    return kernels.erfc(x).astype(x.dtype, copy=False)


@op("x", promote="float", spec=specs.elementwise, vjp=(lambda g, y, x: divided(g, _erf_slope(y)),))
def erfinv(x):
    """The number whose error function is x."""
    return kernels.erfinv(x).astype(x.dtype, copy=False)


def _top_spec(x, k):
    return KerasTensor((*x.shape[:-1], k), "int32")


@op("x", spec=_top_spec)
def _top_places(x, k):
    """The indices of the k largest elements; equal elements in their order."""
    backwards = np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    return (x.shape[-1] - 1 - backwards[..., :k]).astype("int32")


@composite("x")
def top_k(x, k, sorted=True):
    """The k largest elements along the last axis in descending order, and their indices.

    Returns:
        `(values, indices)`.
    """
    check_whole_number("top_k", "k", k, least=0)
    length = ops.convert_to_tensor(x).shape[-1]
    if length is not None and k > length:
        raise ValueError(f"`top_k` cannot find k={k} elements along an axis of length {length}.")
    places = _top_places(x, k)
    return ops.take_along_axis(x, places, -1), places


@op(
    "targets",
    "predictions",
    spec=lambda targets, predictions, k: KerasTensor(targets.shape, "bool"),
)
def in_top_k(targets, predictions, k):
    """Whether each target class is among the k largest predictions of its row.

    Predictions equal to the target's do not count against it; one that is not finite is not in.
    """
    check_whole_number("in_top_k", "k", k)
    classes = predictions.shape[-1]
    rows = predictions.reshape(-1, classes)
    columns = targets.reshape(-1).astype("int64")
    valid = (columns >= 0) & (columns < classes)
    chosen = rows[np.arange(len(rows)), np.where(valid, columns, 0)]
    larger = np.sum(rows > chosen[:, np.newaxis], axis=-1)
    return (valid & np.isfinite(chosen) & (larger < k)).reshape(targets.shape)


def _cdist_check(x, y):
    if len(x.shape) < 2 or len(y.shape) < 2:
        raise ValueError(
            "Inputs to `cdist` must have rank >= 2. "
            f"Received shapes: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        )
    if None not in (x.shape[-1], y.shape[-1]) and x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "The last dimension of inputs to `cdist` must match. "
            f"Received shapes: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        )
    try:
        broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError as error:
        raise ValueError(
            "Batch dimensions of inputs to `cdist` must be broadcastable. "
            f"Received shapes: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        ) from error


@composite("x", "y", class_name="CDist", wide=True)
def cdist(x, y):
    """Distances between the rows of x and those of y: `d[i, j] = |xᵢ - yⱼ|`."""
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    _cdist_check(x, y)
    dtype = dtypes.result_type(x.dtype, y.dtype, float)
    x, y = ops.cast(x, dtype), ops.cast(y, dtype)
    difference = ops.expand_dims(x, -2) - ops.expand_dims(y, -3)
    return ops.norm(difference, axis=-1)


def _sequences_spec(x, sequence_length, sequence_stride):
    if not x.shape:
        raise ValueError(f"Input should have rank >= 1. Received: input.shape = {tuple(x.shape)}")
    length = x.shape[-1]
    count = None if length is None else 1 + (length - sequence_length) // sequence_stride
    return KerasTensor((*x.shape[:-1], count, sequence_length), x.dtype)


def _sequence_places(length, sequence_length, sequence_stride):
    starts = np.arange(0, length - sequence_length + 1, sequence_stride)
    return starts[:, np.newaxis] + np.arange(sequence_length)


def _sequences_vjp(g, y, x, sequence_length, sequence_stride):
    places = _sequence_places(x.shape[-1], sequence_length, sequence_stride)
    return take_adjoint(g, places, x.shape, -1)


@op("x", spec=_sequences_spec, vjp=(_sequences_vjp,))
def extract_sequences(x, sequence_length, sequence_stride):
    """Pieces of equal length of the last axis, `sequence_stride` apart."""
    _sequences_spec(KerasTensor(x.shape), sequence_length, sequence_stride)
    return x[..., _sequence_places(x.shape[-1], sequence_length, sequence_stride)]


@composite("x", wide=True)
def logdet(x):
    """Logarithm of the determinant of positive definite matrices, by Cholesky's factors."""
    diagonal = ops.diagonal(ops.linalg.cholesky(x), axis1=-2, axis2=-1)
    return 2 * ops.sum(ops.log(diagonal), axis=-1)


@composite("x")
def view_as_complex(x):
    """Converts pairs of numbers in the last axis to complex numbers."""
    x = ops.convert_to_tensor(x)
    if not x.shape or x.shape[-1] != 2:
        raise ValueError(
            "Last dimension of input must be size 2 (real and imaginary). "
            f"Received shape: {tuple(x.shape)}"
        )
    return ops.cast(from_parts(x[..., 0], x[..., 1]), "complex64")


@composite("x")
def view_as_real(x):
    """Converts complex numbers to pairs of numbers in a new last axis."""
    return ops.stack([ops.real(x), ops.imag(x)], axis=-1)


_classes = operation_classes(globals())
globals().update(_classes)
__all__ += sorted(_classes)
