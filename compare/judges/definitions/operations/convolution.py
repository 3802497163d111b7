"""Convolutions, window by window."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.windows import (
    as_given,
    channels_last,
    for_axes,
    padded,
    padding_pairs,
    windows,
)


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """y[p, o] = Σ x[s·p + d·k, i] · w[k, i, o]; of groups, each has its channels and filters."""
    x, axes = channels_last(inputs, data_format), kernel.ndim - 2
    strides, dilation = for_axes(strides, axes), for_axes(dilation_rate, axes)
    *window, channels, filters = kernel.shape
    extents = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    pairs = padding_pairs(x.shape[1:-1], extents, strides, padding)
    groups = x.shape[-1] // channels
    found = {}
    for place, elements in windows(padded(x, pairs, 0), window, strides, dilation):
        parts = []
        for group in range(groups):
            seen = elements[..., group * channels : (group + 1) * channels]
            own = kernel[..., group * (filters // groups) : (group + 1) * (filters // groups)]
            parts.append(seen.reshape(len(x), -1) @ own.reshape(-1, filters // groups))
        found[place] = np.concatenate(parts, -1)
    return as_given(assembled(found), data_format)


def assembled(found):
    """An array (batch, *positions, channels) of the results at the positions."""
    counts = [n + 1 for n in max(found)]
    some = found[(0,) * len(counts)]
    y = np.empty((len(some), *counts, some.shape[-1]), some.dtype)
    for place, values in found.items():
        y[:, *place] = values
    return y


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """A convolution of each channel by itself; its filters follow each other in the result."""
    x = channels_last(inputs, data_format)
    parts = [
        conv(x[..., c : c + 1], kernel[..., c : c + 1, :], strides, padding, None, dilation_rate)
        for c in range(x.shape[-1])
    ]
    return as_given(np.concatenate(parts, -1), data_format)


def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """A depthwise convolution, then one whose windows have one element."""
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format)


def conv_transpose(
    inputs,
    kernel,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
):
    """Each input element adds its kernel to the result: y[s·p + d·k, o] += x[p, i] · w[k, o, i].

    Padding then takes elements away at both ends.
    """
    x, axes = channels_last(inputs, data_format), kernel.ndim - 2
    strides, dilation = for_axes(strides, axes), for_axes(dilation_rate, axes)
    extents = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
    added = (None,) * axes if output_padding is None else for_axes(output_padding, axes)
    sizes = zip(x.shape[1:-1], extents, strides, added, strict=True)
    lengths = [_length(*size, padding) for size in sizes]
    pairs = padding_pairs(lengths, extents, strides, padding)
    room = [
        max((n - 1) * s + e, length + sum(pair))
        for n, s, e, length, pair in zip(
            x.shape[1:-1], strides, extents, lengths, pairs, strict=True
        )
    ]
    y = np.zeros((len(x), *room, kernel.shape[-2]), x.dtype)
    for place in np.ndindex(*x.shape[1:-1]):
        for tap in np.ndindex(*kernel.shape[:-2]):
            at = [p * s + t * d for p, s, t, d in zip(place, strides, tap, dilation, strict=True)]
            y[:, *at] += x[:, *place] @ kernel[tap].T
    cut = [slice(before, before + n) for n, (before, _) in zip(lengths, pairs, strict=True)]
    return as_given(y[:, *cut], data_format)


def _length(n, extent, stride, added, padding):
    """The length of an axis of the result."""
    if added is None:
        return n * stride + (max(extent - stride, 0) if padding == "valid" else 0)
    removed = 2 * (extent // 2) if padding == "same" else 0
    return (n - 1) * stride + extent - removed + added


DEFINITIONS = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "depthwise_conv": depthwise_conv,
    "separable_conv": separable_conv,
}
