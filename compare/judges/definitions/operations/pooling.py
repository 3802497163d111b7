"""Pooling, window by window."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.operations.convolution import assembled
from compare.judges.definitions.windows import (
    as_given,
    channels_last,
    for_axes,
    padded,
    padding_pairs,
    windows,
)


def pool(reduced, outside):
    """The definition of a pooling; `reduced` makes one element of a window's elements."""

    def definition(inputs, pool_size, strides=None, padding="valid", data_format=None):
        x = channels_last(inputs, data_format)
        window = for_axes(pool_size, x.ndim - 2)
        strides = for_axes(window if strides is None else strides, x.ndim - 2)
        pairs = padding_pairs(x.shape[1:-1], window, strides, padding)
        around = windows(padded(x, pairs, outside), window, strides, (1,) * len(window))
        found = {place: reduced(np.stack(list(_elements(seen)))) for place, seen in around}
        return as_given(assembled(found), data_format)

    return definition


def adaptive_pool(reduced):
    """The definition of a pooling to a given size: windows from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉."""

    def definition(inputs, output_size, data_format=None):
        x = channels_last(inputs, data_format)
        counts = for_axes(output_size, x.ndim - 2)
        found = {}
        for place in np.ndindex(*counts):
            cut = [
                slice(i * n // m, -(-(i + 1) * n // m))
                for i, n, m in zip(place, x.shape[1:-1], counts, strict=True)
            ]
            found[place] = reduced(np.stack(list(_elements(x[:, *cut]))))
        return as_given(assembled(found), data_format)

    return definition


def _elements(seen):
    """The elements of a window: each an array (batch, channels)."""
    return (seen[:, *tap] for tap in np.ndindex(*seen.shape[1:-1]))


def largest(elements):
    """The maximum of the elements."""
    return elements.max(0)


def first_is_largest(x):
    """Of equally large elements, the first one is made the largest, by very little."""
    return x - 1e-2 * np.arange(x.size).reshape(x.shape) / x.size


def mean(elements):
    """The mean of the elements that are not outside (NaN)."""
    inside = ~np.isnan(elements)
    return np.where(inside, elements, 0).sum(0) / inside.sum(0).astype(elements.dtype)


DEFINITIONS = {
    "adaptive_average_pool": adaptive_pool(mean),
    "adaptive_max_pool": adaptive_pool(largest),
    "average_pool": pool(mean, np.nan),
    "max_pool": pool(largest, -np.inf),
}
