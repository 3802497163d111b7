"""Products of matrices, vectors and tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import dtypes
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = ["cross", "dot", "inner", "kron", "matmul", "outer", "tensordot", "vdot"]


def _product_dtype(dtype):
    return "int32" if dtype == "int8" else dtype


def _check_inner(name, length1, length2, shape1, shape2):
    if None not in (length1, length2) and length1 != length2:
        raise ValueError(
            f"`{name}` multiplies and adds up along the last axis of `x1` and the matching axis of "
            "`x2`. Inner dimensions must be equal, but shapes "
            f"{tuple(shape1)} and {tuple(shape2)} have {length1} and {length2}."
        )


def _matmul_spec(x1, x2):
    if not x1.shape or not x2.shape:
        raise ValueError(
            f"`matmul` needs at least one axis on both sides. Received: shapes {x1.shape} and "
            f"{x2.shape}. Use `ops.multiply` for a product with a number."
        )
    rows = (1, *x1.shape) if x1.ndim == 1 else x1.shape
    columns = (*x2.shape, 1) if x2.ndim == 1 else x2.shape
    _check_inner("matmul", rows[-1], columns[-2], x1.shape, x2.shape)
    shape = broadcast_shapes(rows[:-2], columns[:-2])
    shape += rows[-2:-1] if x1.ndim > 1 else ()
    shape += columns[-1:] if x2.ndim > 1 else ()
    return KerasTensor(shape, _product_dtype(x1.dtype) if x1.dtype == x2.dtype else x1.dtype)


def _swapped(x):
    return ops.swapaxes(x, -1, -2)


def _matmul_vjp_first(g, y, x1, x2):
    if x1.ndim == 1 and x2.ndim == 1:
        return g * x2
    if x1.ndim == 1:
        return ops.squeeze(matmul(ops.expand_dims(g, -2), _swapped(x2)), -2)
    if x2.ndim == 1:
        return ops.expand_dims(g, -1) * x2
    return matmul(g, _swapped(x2))


def _matmul_vjp_second(g, y, x1, x2):
    if x1.ndim == 1 and x2.ndim == 1:
        return g * x1
    if x1.ndim == 1:
        return ops.expand_dims(x1, -1) * ops.expand_dims(g, -2)
    if x2.ndim == 1:
        return ops.sum(x1 * ops.expand_dims(g, -1), axis=tuple(range(x1.ndim - 1)))
    if x2.ndim == 2 and x1.ndim > 2:
        x1, g = _as_rows(x1), _as_rows(g)
    return matmul(_swapped(x1), g)


def _as_rows(x):
    return x.reshape(rules.total(x.shape[:-1]), x.shape[-1])


@op(
    "x1",
    "x2",
    promote="common",
    spec=_matmul_spec,
    vjp=(_matmul_vjp_first, _matmul_vjp_second),
    wide=True,
)
def matmul(x1, x2):
    """Product of matrices: `y[…, i, j] = Σₖ x1[…, i, k] · x2[…, k, j]`.

    Axes before the last two broadcast. A vector on the left is a row, on the right a column.
    """
    if x2.ndim == 2 and x1.ndim > 2:
        # One product of large matrices instead of many of small ones.
        rows = rules.product(kernels.matmul, _as_rows(x1), x2)
        return rows.reshape(*x1.shape[:-1], x2.shape[-1])
    return rules.product(kernels.matmul, x1, x2)


@composite("x1", "x2")
def dot(x1, x2):
    """Products added up along the last axis of x1 and the last but one of x2 (its only one)."""
    x1, x2 = ops.convert_to_tensor(x1), ops.convert_to_tensor(x2)
    if not x1.shape or not x2.shape:
        return ops.multiply(x1, x2)
    axis = max(len(x2.shape) - 2, 0)
    _check_inner("dot", x1.shape[-1], x2.shape[axis], x1.shape, x2.shape)
    return tensordot(x1, x2, axes=((len(x1.shape) - 1,), (axis,)))


@composite("x1", "x2")
def vdot(x1, x2):
    """Sum of the products of all elements, x1 conjugated."""
    x1, x2 = ops.ravel(x1), ops.ravel(x2)
    _check_inner("vdot", x1.shape[0], x2.shape[0], x1.shape, x2.shape)
    return dot(ops.conjugate(x1) if "complex" in str(x1.dtype) else x1, x2)


@composite("x1", "x2")
def inner(x1, x2):
    """Products added up along the last axes of both."""
    x1, x2 = ops.convert_to_tensor(x1), ops.convert_to_tensor(x2)
    if not x1.shape or not x2.shape:
        return ops.multiply(x1, x2)
    if None not in (x1.shape[-1], x2.shape[-1]) and x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            "`inner` requires the last dimension of `x1` and `x2` to match. "
            f"Received: x1.shape={tuple(x1.shape)}, x2.shape={tuple(x2.shape)}."
        )
    return tensordot(x1, x2, axes=((len(x1.shape) - 1,), (len(x2.shape) - 1,)))


@composite("x1", "x2")
def outer(x1, x2):
    """The product of each element of x1 with each of x2, both flat: a row for each of x1."""
    return ops.expand_dims(ops.ravel(x1), 1) * ops.expand_dims(ops.ravel(x2), 0)


def _contracted_axes(x1, x2, axes):
    """The axes to add up along, counted from the front, of both sides."""
    if isinstance(axes, int | np.integer):
        first = tuple(range(x1.ndim - axes, x1.ndim)) if axes > 0 else ()
        return first, tuple(range(axes)) if axes > 0 else ()
    first, second = (a if isinstance(a, Sequence) else (a,) for a in axes)
    return specs.normalize_axes(first, x1.ndim), specs.normalize_axes(second, x2.ndim)


def _tensordot_spec(x1, x2, axes=2):
    first, second = _contracted_axes(x1, x2, axes)
    lengths = [x1.shape[a] for a in first], [x2.shape[a] for a in second]
    if not rules.same_except(*lengths):
        raise ValueError(
            "`tensordot` adds up along axes of equal length, but shapes "
            f"{tuple(x1.shape)} and {tuple(x2.shape)} have {lengths[0]} and {lengths[1]} along "
            f"axes={axes}."
        )
    kept1 = [n for i, n in enumerate(x1.shape) if i not in first]
    kept2 = [n for i, n in enumerate(x2.shape) if i not in second]
    return KerasTensor((*kept1, *kept2), x1.dtype)


def _kept(x, contracted):
    return tuple(i for i in range(x.ndim) if i not in contracted)


def _to_order(x, origins):
    """Axis i of x goes to place `origins[i]`."""
    return ops.transpose(x, tuple(int(i) for i in np.argsort(origins)))


def _tensordot_vjp_first(g, y, x1, x2, axes):
    first, second = _contracted_axes(x1, x2, axes)
    kept1, kept2 = _kept(x1, first), _kept(x2, second)
    part = tensordot(g, x2, (tuple(range(len(kept1), g.ndim)), kept2))
    # The remaining axes of the product are x2's contracted axes, in the order of x2.
    order = [first[i] for i in np.argsort(second)]
    return _to_order(part, [*kept1, *order])


def _tensordot_vjp_second(g, y, x1, x2, axes):
    first, second = _contracted_axes(x1, x2, axes)
    kept1, kept2 = _kept(x1, first), _kept(x2, second)
    part = tensordot(x1, g, (kept1, tuple(range(len(kept1)))))
    order = [second[i] for i in np.argsort(first)]
    return _to_order(part, [*order, *kept2])


@op(
    "x1",
    "x2",
    promote="common",
    spec=_tensordot_spec,
    vjp=(_tensordot_vjp_first, _tensordot_vjp_second),
    wide=True,
)
def tensordot(x1, x2, axes=2):
    """Products added up along pairs of axes.

    Args:
        axes: n, for the last n axes of x1 and the first n axes of x2; or two lists of axes.
    """
    return kernels.tensordot(x1, x2, _contracted_axes(x1, x2, axes))


def _kron_spec(x1, x2):
    ndim = max(x1.ndim, x2.ndim)
    shapes = [(1,) * (ndim - x.ndim) + tuple(x.shape) for x in (x1, x2)]
    lengths = (rules.total(pair) for pair in zip(*shapes, strict=True))
    return KerasTensor(lengths, x1.dtype)


def _blocks(g, x1, x2):
    """The cotangent with the axes of x1 and x2 side by side: (a₀, b₀, a₁, b₁, …)."""
    ndim = max(x1.ndim, x2.ndim)
    shapes = [(1,) * (ndim - x.ndim) + tuple(x.shape) for x in (x1, x2)]
    pairs = [n for pair in zip(*shapes, strict=True) for n in pair]
    return ops.reshape(g, pairs), *(
        ops.reshape(x, s) for x, s in zip((x1, x2), shapes, strict=True)
    )


def _kron_vjp_first(g, y, x1, x2):
    blocks, _, second = _blocks(g, x1, x2)
    ndim = second.ndim
    weights = ops.expand_dims(second, tuple(range(0, 2 * ndim, 2)))
    return ops.reshape(ops.sum(blocks * weights, axis=tuple(range(1, 2 * ndim, 2))), x1.shape)


def _kron_vjp_second(g, y, x1, x2):
    blocks, first, _ = _blocks(g, x1, x2)
    ndim = first.ndim
    weights = ops.expand_dims(first, tuple(range(1, 2 * ndim, 2)))
    return ops.reshape(ops.sum(blocks * weights, axis=tuple(range(0, 2 * ndim, 2))), x2.shape)


@op(
    "x1",
    "x2",
    promote="common",
    spec=_kron_spec,
    vjp=(_kron_vjp_first, _kron_vjp_second),
    wide=True,
)
def kron(x1, x2):
    """Kronecker product: each element of x1 becomes a block, itself times x2."""
    return kernels.kron(x1, x2)


def _with_depth(x, length):
    """The vectors, with a third number 0 if they have only 2."""
    if length != 2:
        return x
    widths = [(0, 0)] * (len(x.shape) - 1) + [(0, 1)]
    return ops.pad(x, widths)


@composite("x1", "x2", wide=True)
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Cross product along an axis: a vector for vectors of 3 numbers, a number for vectors of 2."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x1 = ops.moveaxis(ops.convert_to_tensor(x1), axisa, -1)
    x2 = ops.moveaxis(ops.convert_to_tensor(x2), axisb, -1)
    lengths = x1.shape[-1], x2.shape[-1]
    for name, x, length in (("x1", x1, lengths[0]), ("x2", x2, lengths[1])):
        if length not in (2, 3, None):
            raise ValueError(
                f"`cross` needs vectors of 2 or 3 numbers, but `{name}` has {length} along its "
                f"axis. Received: {name}.shape={tuple(x.shape)} (the axis of the vectors last)"
            )
    if None in lengths:
        return _cross_outline(x1, x2, axisc)
    a = ops.unstack(_with_depth(x1, lengths[0]), axis=-1)
    b = ops.unstack(_with_depth(x2, lengths[1]), axis=-1)
    depth = a[0] * b[1] - a[1] * b[0]
    if lengths == (2, 2):
        return depth
    product = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], depth]
    return ops.stack(product, axis=axisc)


def _cross_outline(x1, x2, axisc):
    shape = broadcast_shapes(x1.shape[:-1], x2.shape[:-1])
    dtype = dtypes.result_type(x1.dtype, x2.dtype)
    if 3 not in (x1.shape[-1], x2.shape[-1]):
        return KerasTensor(shape, dtype)
    axis = rules.canonical_axis(axisc, len(shape) + 1)
    return KerasTensor((*shape[:axis], 3, *shape[axis:]), dtype)
