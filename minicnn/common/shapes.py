"""Shapes: tuples of integers, with None where a length is not known yet."""

from __future__ import annotations

from typing import Any

import numpy as np

Shape = tuple[int | None, ...]


def standardize_shape(shape: Any) -> Shape:
    """The shape as a tuple of Python integers and None.

    >>> standardize_shape([None, np.int64(28), 28])
    (None, 28, 28)
    """
    if shape is None:
        raise ValueError("Undefined shapes are not supported: give a tuple of integers.")
    if not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape. Give a tuple of integers.")
    return tuple(_standardize_length(n, shape) for n in shape)


def _standardize_length(n: Any, shape: Any) -> int | None:
    # `ops.shape` gives a symbolic number for a length that depends on values.
    if n is None or hasattr(n, "record_history"):
        return None
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise ValueError(
            f"Cannot convert '{shape}' to a shape. Found invalid dimension '{n}'. "
            "Every dimension is an integer, or None where it is not known."
        )
    if n < 0:
        raise ValueError(
            f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed."
        )
    return int(n)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that arrays of these shapes broadcast to (NumPy's rule; None fits anything).

    >>> broadcast_shapes((None, 1, 3), (5, 1))
    (None, 5, 3)
    """
    result: list[int | None] = []
    for i in range(1, max(map(len, shapes), default=0) + 1):
        lengths = {shape[-i] for shape in shapes if i <= len(shape)} - {1}
        known = lengths - {None}
        if len(known) > 1:
            described = " and ".join(str(tuple(shape)) for shape in shapes)
            raise ValueError(
                f"Cannot broadcast shapes {described}: axis {-i} has the lengths "
                f"{sorted(known)}. Lengths must be equal, or 1."
            )
        result.append(next(iter(known or lengths or {1})))
    return tuple(reversed(result))
