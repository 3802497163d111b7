"""Running sums and products, and differences of adjacent elements."""

from __future__ import annotations

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.numpy.cotangent_products import scaled
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "cumprod",
    "cumsum",
    "diff",
    "trapezoid",
]


def _cumulative_spec(x, axis=None, dtype=None):
    if axis is not None:
        rules.canonical_axis(axis, x.ndim)
    shape = (rules.total(x.shape),) if axis is None else x.shape
    return KerasTensor(shape, rules.counted(dtype or x.dtype))


def _cumsum_vjp(g, y, x, axis):
    along = 0 if axis is None else axis
    g = ops.flip(cumsum(ops.flip(g, along), along), along)
    return ops.reshape(g, x.shape)


@composite("x")
def cumsum(x, axis=None, dtype=None):
    """Running sum along an axis: `yᵢ = x₀ + … + xᵢ`. With `axis=None` of the flat array."""
    x = ops.convert_to_tensor(x)
    return _running_sum(ops.cast(x, rules.counted(dtype or x.dtype)), axis)


@op("x", spec=_cumulative_spec, vjp=(_cumsum_vjp,), wide=True)
def _running_sum(x, axis):
    return kernels.cumsum(x, axis=axis, dtype=x.dtype)


def _cumprod_vjp(g, y, x, axis, dtype):
    """`x̄ᵢ = (Π xₖ, k < i) · sᵢ` with `sᵢ = ḡᵢ + xᵢ₊₁ sᵢ₊₁`, without a division."""
    along = 0 if axis is None else axis
    rows = ops.moveaxis(ops.ravel(x) if axis is None else x, along, -1)
    g = ops.moveaxis(g, along, -1)
    ones = ops.ones((*rows.shape[:-1], 1), rows.dtype)
    before = ops.concatenate([ones, cumprod(rows, axis=-1)[..., :-1]], axis=-1)
    following = ops.concatenate([rows[..., 1:], ones], axis=-1)
    part = ops.moveaxis(scaled(_linear_recurrence(following, g), before), -1, along)
    return ops.reshape(part, x.shape)


def _linear_recurrence(factors, terms):
    """`sᵢ = termsᵢ + factorsᵢ · sᵢ₊₁` for all i, in log₂(n) doubling steps.

    Hillis & Steele, "Data parallel algorithms" (1986).
    """
    length, step = terms.shape[-1], 1
    while step < length:
        end = ops.zeros((*terms.shape[:-1], step), terms.dtype)
        terms = terms + scaled(ops.concatenate([terms[..., step:], end], axis=-1), factors)
        factors = factors * ops.concatenate([factors[..., step:], end], axis=-1)
        step *= 2
    return terms


@op("x", spec=_cumulative_spec, vjp=(_cumprod_vjp,))
def cumprod(x, axis=None, dtype=None):
    """Running product along an axis: `yᵢ = x₀ · … · xᵢ`. With `axis=None` of the flat array."""
    dtype = dtypes.numpy_dtype(rules.counted(dtype or x.dtype))
    return kernels.cumprod(x, axis=axis, dtype=dtype)


def _diff_spec(a, n=1, axis=-1):
    if n < 0:
        raise ValueError(f"Order `n` must be non-negative. Received n={n}")
    if a.ndim == 0:
        raise ValueError(
            "`diff` requires input that is at least one dimensional, but got a scalar."
        )
    axis = rules.canonical_axis(axis, a.ndim)
    shape = list(a.shape)
    shape[axis] = None if shape[axis] is None else max(shape[axis] - n, 0)
    return KerasTensor(shape, a.dtype)


@op("a", spec=_diff_spec, vjp=(lambda g, y, a, n, axis: _diff_adjoint(g, a, n, axis),))
def diff(a, n=1, axis=-1):
    """Differences of adjacent elements along an axis, taken n times: `yᵢ = xᵢ₊₁ - xᵢ`."""
    return kernels.diff(a, n=n, axis=axis)


def _diff_adjoint(g, a, n, axis):
    """The adjoint of `diff`: `x̄ᵢ = ḡᵢ₋₁ - ḡᵢ`."""
    if g.shape[axis] == 0:
        return ops.zeros_like(a)
    for _ in range(n):
        widths = [(0, 0)] * g.ndim
        widths[axis] = (1, 1)
        g = -ops.diff(ops.pad(g, widths), axis=axis)
    return g


@composite("y", "x", wide=True)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral by the trapezoidal rule: `Σ (yᵢ₊₁ + yᵢ)/2 · (xᵢ₊₁ - xᵢ)`."""
    y = ops.convert_to_tensor(y)
    y = ops.moveaxis(ops.cast(y, rules.floating(y.dtype)), axis, -1)
    if x is not None:
        dx = ops.cast(diff(x, axis=axis), y.dtype)
        dx = ops.moveaxis(dx, axis, -1) if dx.ndim > 1 else dx
    return ops.sum((y[..., 1:] + y[..., :-1]) * dx / 2, axis=-1)
