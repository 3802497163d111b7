"""Which positions of a sequence each position sees: masks `(1, targets, sources)`."""

from __future__ import annotations

from typing import Any

from minicnn import ops


def causal_mask(targets: int, sources: int) -> Any:
    """True where the source is not later than the target.

    >>> causal_mask(2, 3).numpy().astype(int)
    array([[[1, 0, 0],
            [1, 1, 0]]])
    """
    return _distances(targets, sources) >= 0


def window_mask(targets: int, sources: int, window: int) -> Any:
    """True where target and source are less than `window` positions apart.

    >>> window_mask(3, 3, 2).numpy().astype(int)
    array([[[1, 1, 0],
            [1, 1, 1],
            [0, 1, 1]]])
    """
    return ops.abs(_distances(targets, sources)) < window


def _distances(targets: int, sources: int) -> Any:
    """How far each target is behind each source."""
    rows, columns = ops.arange(targets, dtype="int32"), ops.arange(sources, dtype="int32")
    return ops.expand_dims(rows, (0, -1)) - columns
