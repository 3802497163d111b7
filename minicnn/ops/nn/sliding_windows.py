"""Windows that slide over a grid: what convolution and pooling have in common.

Along one axis of length n, a window of k elements, spread `dilation` apart, reaches over
`(k - 1)·dilation + 1` positions and moves by `stride`. The meaning of
"same", "valid" and "causal" padding and of the two data formats is defined only here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.common import configuration
from minicnn.common.shapes import Shape

Pairs = tuple[tuple[int, int], ...]
PADDINGS = ("valid", "same", "causal")


def per_axis(value: int | Sequence[int], rank: int, name: str) -> tuple[int, ...]:
    """One positive integer for each of the `rank` spatial axes, from one for all or one for each.

    >>> per_axis(2, 3, "strides"), per_axis([1, 2], 2, "strides")
    ((2, 2, 2), (1, 2))
    """
    values = (value,) * rank if isinstance(value, (int, np.integer)) else tuple(value)
    if len(values) == 1:
        values *= rank
    if len(values) != rank:
        raise ValueError(
            f"`{name}` needs one integer, or one for each of the {rank} spatial dimensions. "
            f"Received: {name}={value}"
        )
    if any(v < 1 for v in values):
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
    return values


def hashable(*arguments: Any) -> tuple:
    """The arguments with lists turned into tuples, so that they can be keys of a cache.

    >>> hashable([2, 2], "same", [[0, 1], [0, 1]])
    ((2, 2), 'same', ((0, 1), (0, 1)))
    """
    try:
        hash(arguments)
        return arguments
    except TypeError:
        return tuple(hashable(*x) if isinstance(x, (list, tuple)) else x for x in arguments)


def standardize_padding(padding: str | Pairs, allowed: Sequence[str] = PADDINGS) -> str | Pairs:
    """The padding in lower case, or explicit pairs ((before, after), ...) unchanged."""
    if not isinstance(padding, str):
        return tuple(tuple(pair) for pair in padding)
    name = padding.lower()
    if name not in allowed:
        raise ValueError(
            f"`padding` must be one of {', '.join(map(repr, allowed))}, in any letter case. "
            f"Received: padding={padding!r}"
        )
    return name


def reach(size: int, dilation: int) -> int:
    """How many positions a window of `size` elements spans.

    >>> reach(3, 1), reach(3, 2)
    (3, 5)
    """
    return (size - 1) * dilation + 1


def pad_pairs(
    padding: str | Pairs,
    lengths: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Pairs:
    """How many positions to add (before, after) each spatial axis.

    "same" gives ⌈n / stride⌉ outputs and puts the odd position after; "causal" puts all of the
    padding before, so that no output depends on later positions.

    >>> pad_pairs("same", (28,), (2,), (1,), (1,)), pad_pairs("same", (7,), (3,), (2,), (1,))
    (((0, 1),), ((1, 1),))
    """
    if not isinstance(padding, str):
        return padding
    if padding == "valid":
        return ((0, 0),) * len(lengths)
    reaches = [reach(k, d) for k, d in zip(window, dilation, strict=True)]
    if padding == "causal":
        return tuple((k - 1, 0) for k in reaches)
    pairs = []
    for n, k, s in zip(lengths, reaches, strides, strict=True):
        total = max((math.ceil(n / s) - 1) * s + k - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def output_length(
    n: int | None, k: int, stride: int, dilation: int, padding: str | tuple[int, int]
) -> int | None:
    """How many places a window takes along an axis of length n; None where n is not known."""
    if n is None:
        return None
    if padding in ("same", "causal"):
        return -(-n // stride)
    before_and_after = 0 if padding == "valid" else sum(padding)
    return (n + before_and_after - reach(k, dilation)) // stride + 1


def output_lengths(
    lengths: Sequence[int | None],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str | Pairs,
) -> Shape:
    """`output_length` for each spatial axis."""
    paddings = (padding,) * len(lengths) if isinstance(padding, str) else padding
    return tuple(map(output_length, lengths, window, strides, dilation, paddings))


def spatial_shape(shape: Shape, data_format: str) -> Shape:
    """The shape without batch and channels."""
    return shape[1:-1] if data_format == "channels_last" else shape[2:]


def channels_of(shape: Shape, data_format: str) -> int | None:
    """The number of channels."""
    return shape[-1] if data_format == "channels_last" else shape[1]


def with_spatial(
    batch: int | None, spatial: Shape, channels: int | None, data_format: str
) -> Shape:
    """The whole shape in the order of the data format."""
    if data_format == "channels_last":
        return (batch, *spatial, channels)
    return (batch, channels, *spatial)


def to_channels_last(x: Any, data_format: str) -> Any:
    """The array as (batch, *spatial, channels)."""
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def from_channels_last(x: Any, data_format: str) -> Any:
    """An array (batch, *spatial, channels) in the order of the data format."""
    return x if data_format == "channels_last" else np.moveaxis(x, -1, 1)


def standardize_data_format(data_format: str | None) -> str:
    """The data format in lower case; None means `minicnn.config.image_data_format()`."""
    return configuration.standardize_data_format(data_format)
