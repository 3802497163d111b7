"""Shape rules that many operations share: from symbolic tensors to symbolic tensors."""

from __future__ import annotations

from typing import Any

from minicnn.common.shapes import Shape, broadcast_shapes
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def like_first(x: KerasTensor, *others: Any, **settings: Any) -> KerasTensor:
    """The first tensor's shape and type."""
    return KerasTensor(x.shape, x.dtype)


def elementwise(*xs: KerasTensor, **settings: Any) -> KerasTensor:
    """The shape that all broadcast to, and the type that they were promoted to."""
    xs = tuple(x for x in xs if x is not None)
    return KerasTensor(broadcast_shapes(*(x.shape for x in xs)), xs[0].dtype)


def boolean(*xs: KerasTensor, **settings: Any) -> KerasTensor:
    """The shape that all broadcast to, of truth values."""
    return KerasTensor(elementwise(*xs).shape, "bool")


def reduced_shape(shape: Shape, axis: Any = None, keepdims: bool = False) -> Shape:
    """What is left of a shape when the axes (all of them by default) are reduced."""
    axes = normalize_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def check_whole(axis: Any) -> None:
    """Raises unless an axis is a whole number."""
    if not hasattr(axis, "__index__"):
        raise TypeError(f"An axis must be a whole number. Received: axis={axis!r}")


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; None stands for all.

    >>> normalize_axes(-1, 3), normalize_axes(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    for a in axes:
        check_whole(a)
        if not -ndim <= a < ndim:
            raise ValueError(
                f"axis {a} is out of bounds for a tensor with {ndim} dimensions: "
                f"expected {-ndim} to {ndim - 1}."
            )
    return tuple(a % ndim for a in axes)


def reduction(
    x: KerasTensor, axis: Any = None, keepdims: bool = False, **settings: Any
) -> KerasTensor:
    """The shape without the reduced axes, in the same type."""
    return KerasTensor(reduced_shape(x.shape, axis, keepdims), x.dtype)
