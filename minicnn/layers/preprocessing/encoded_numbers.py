"""Numbers of classes as vectors."""

from __future__ import annotations

from typing import Any

from minicnn import ops

MODES = ("count", "one_hot", "multi_hot")


def encode(x: Any, mode: str, depth: int, dtype: str, axis: int = -1, weights: Any = None) -> Any:
    """Vectors of length `depth` for whole numbers from 0 to `depth` − 1.

    >>> encode(ops.array([1, 2, 1]), "count", 4, "float32")
    Tensor([0., 2., 1., 0.], dtype=float32)

    Args:
        x: the numbers.
        mode: "one_hot", a vector for each number, in the place of a last axis of length 1;
            "multi_hot", one for all numbers along an axis, with 1 at each that occurs;
            "count", the same with how often it occurs.
        dtype: type of the vectors.
        axis: of the numbers, along which they are put together.
        weights: what each number counts, for "count".
    """
    if mode == "one_hot":
        x = ops.squeeze(x, axis=-1) if len(x.shape) > 1 and x.shape[-1] == 1 else x
        return ops.one_hot(x, depth, dtype=dtype)
    x = ops.expand_dims(x, -1) if len(x.shape) == 0 else x
    vectors = ops.one_hot(x, depth, dtype=dtype)
    axis = axis % len(x.shape)
    if mode == "multi_hot":
        return ops.max(vectors, axis=axis)
    if weights is not None:
        vectors = vectors * ops.expand_dims(ops.convert_to_tensor(weights, dtype=dtype), -1)
    return ops.sum(vectors, axis=axis)
