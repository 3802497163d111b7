"""Shortening of gradients that are too long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minicnn import ops
from minicnn.ops.define.half import at_least_float32, widened


def clip_by_norm(gradient: Any, clip_norm: float) -> Any:
    """`g · c / max(‖g‖, c)`: at most `c = clip_norm` long, in the same direction.

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks"
    (2013), algorithm 1.
    """
    return _times(gradient, clip_norm / ops.maximum(global_norm([gradient]), clip_norm))


def clip_by_global_norm(gradients: Sequence[Any], clip_norm: float) -> list[Any]:
    """All gradients times the same number, so that together they are at most `clip_norm` long.

    Where one of them is not finite, all become NaN, so that it does not pass unseen.
    """
    norm = global_norm(gradients)
    scale = ops.where(ops.isfinite(norm), clip_norm / ops.maximum(norm, clip_norm), math.nan)
    return [_times(gradient, scale) for gradient in gradients]


def global_norm(gradients: Sequence[Any]) -> Any:
    """`√ Σ g²` over all elements of all gradients."""
    squares = (ops.square(at_least_float32(gradient)) for gradient in gradients)
    return ops.sqrt(sum(ops.sum(square) for square in squares))


def _times(gradient: Any, scale: Any) -> Any:
    gradient = widened(gradient)
    return gradient * ops.cast(scale, gradient.dtype)
