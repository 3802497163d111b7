"""Correlation of sequences."""

from __future__ import annotations

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["corrcoef", "correlate"]


_MODES = ("valid", "same", "full")


def _correlated_length(length1, length2, mode):
    longer, shorter = max(length1, length2), min(length1, length2)
    return {"valid": longer - shorter + 1, "same": longer, "full": longer + shorter - 1}[mode]


def _correlate_dtype(dtype):
    if dtype == "int64":
        return "float64"
    return dtype if dtype in ("bfloat16", "float16", "float64") else "float32"


def _correlate_spec(x1, x2, mode="valid"):
    for name, x in (("x1", x1), ("x2", x2)):
        if x.ndim != 1:
            raise ValueError(f"`{name}` must be a 1-dimensional tensor, but has shape {x.shape}")
    if mode not in _MODES:
        raise ValueError(f"`mode` must be one of {_MODES}. Received: mode={mode!r}")
    lengths = x1.shape[0], x2.shape[0]
    length = None if None in lengths else _correlated_length(*lengths, mode)
    return KerasTensor((length,), _correlate_dtype(x1.dtype))


def _all_lags(g, length1, length2, mode):
    """The cotangent at every lag of the full correlation; 0 at lags that the mode leaves out."""
    missing = length1 + length2 - 1 - g.shape[0]
    before = {"valid": min(length1, length2) - 1, "same": missing // 2, "full": 0}[mode]
    if mode == "same" and length1 < length2:
        before = missing - before
    return ops.pad(g, [(before, missing - before)])


def _correlate_vjp_first(g, y, x1, x2, mode):
    g = _all_lags(g, x1.shape[0], x2.shape[0], mode)
    return correlate(g, ops.flip(ops.cast(x2, g.dtype)), "valid")


def _correlate_vjp_second(g, y, x1, x2, mode):
    g = _all_lags(g, x1.shape[0], x2.shape[0], mode)
    return ops.flip(correlate(g, ops.cast(x1, g.dtype), "valid"))


@op(
    "x1",
    "x2",
    promote="common",
    spec=_correlate_spec,
    vjp=(_correlate_vjp_first, _correlate_vjp_second),
    wide=True,
)
def correlate(x1, x2, mode="valid"):
    """Correlation of vectors: `y[k] = Σₙ x1[n + k] · x2[n]`, at the lags of the mode."""
    dtype = dtypes.numpy_dtype(_correlate_dtype(x1.dtype.name))
    return kernels.correlate(x1.astype(dtype), x2.astype(dtype), mode)


@composite("x", wide=True)
def corrcoef(x):
    """Correlation coefficients of the rows of x: covariances divided by standard deviations."""
    x = ops.convert_to_tensor(x)
    x = ops.cast(x, rules.wide_floating(x.dtype))
    if not x.shape:
        return ops.full((), np.nan, x.dtype)
    deviation = x - ops.mean(x, axis=-1, keepdims=True)
    unit = deviation / ops.sqrt(ops.sum(ops.square(deviation), axis=-1, keepdims=True))
    if x.ndim == 1:
        return ops.clip(ops.sum(unit * unit), -1.0, 1.0)
    return ops.clip(ops.matmul(unit, ops.swapaxes(unit, -1, -2)), -1.0, 1.0)
