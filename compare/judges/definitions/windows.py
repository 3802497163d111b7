"""The positions of sliding windows: strides, dilation, padding and data formats."""

from __future__ import annotations

import numpy as np


def for_axes(setting, axes):
    """A setting for each axis: a number holds for all."""
    return (setting,) * axes if isinstance(setting, int) else tuple(setting)


def channels_last(x, data_format):
    """The array with the channels as the last axis."""
    return np.moveaxis(x, 1, -1) if data_format == "channels_first" else x


def as_given(y, data_format):
    """The array with the channels where the data format has them."""
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def padding_pairs(sizes, extents, strides, padding):
    """How many elements are put before and after each axis, for windows of these extents."""
    if padding == "valid":
        return [(0, 0)] * len(sizes)
    if padding == "causal":
        return [(extent - 1, 0) for extent in extents]
    pairs = []
    for n, extent, stride in zip(sizes, extents, strides, strict=True):
        missing = max((-(-n // stride) - 1) * stride + extent - n, 0)
        pairs.append((missing // 2, missing - missing // 2))
    return pairs


def padded(x, pairs, value):
    """The array (batch, *positions, channels), surrounded by a value."""
    sizes = [a + n + b for n, (a, b) in zip(x.shape[1:-1], pairs, strict=True)]
    found = np.full((len(x), *sizes, x.shape[-1]), value, x.dtype)
    inner = [slice(a, a + n) for n, (a, _) in zip(x.shape[1:-1], pairs, strict=True)]
    found[:, *inner] = x
    return found


def windows(x, window, strides, dilation):
    """Yields the position of each window in the result, and its elements."""
    extents = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    counts = [(n - e) // s + 1 for n, e, s in zip(x.shape[1:-1], extents, strides, strict=True)]
    for place in np.ndindex(*counts):
        cut = [
            slice(p * s, p * s + e, d)
            for p, s, e, d in zip(place, strides, extents, dilation, strict=True)
        ]
        yield place, x[:, *cut]
