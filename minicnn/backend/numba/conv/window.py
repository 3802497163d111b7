"""Which positions of a convolution's kernel are inside the image, along one axis."""

from __future__ import annotations

import numpy as np


def tap_spans(
    width: int, positions: int, taps: int, stride: int, padding: tuple[int, int], dilation: int
) -> np.ndarray:
    """For each tap along the width `(first position, last position + 1, column at position 0)`.

    At position p the tap reads column `p · stride + column`. That is inside the image for the
    positions from the first to the last.
    """
    spans = []
    for tap in range(taps):
        column = tap * dilation - padding[0]
        first = min(positions, max(0, -(column // stride)))
        last = min(positions, (width - 1 - column) // stride + 1)
        spans.append((first, max(first, last), column))
    return np.array(spans, np.int64)
