"""Windows that slide over a grid: what convolution and pooling have in common.

Along one axis of length n, a window of k elements, spread `dilation` apart, reaches over
`(k - 1)·dilation + 1` positions and moves by `stride`. The meaning of
"same", "valid" and "causal" padding is defined only here; arguments are checked and completed in
`window_arguments.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from minicnn.common.shapes import Shape

Sizes = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]


def reach(size: int, dilation: int) -> int:
    """How many positions a window of `size` elements spans.

    >>> reach(3, 1), reach(3, 2)
    (3, 5)
    """
    return (size - 1) * dilation + 1


def pad_pairs(
    padding: str | Padding,
    lengths: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Padding:
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


def output_size(
    size: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
) -> tuple[int, ...]:
    """How many places a window takes along each spatial axis.

    `m = ⌊(n + p - (k - 1) · d - 1) / s⌋ + 1` for a length n with p positions of padding, a window
    of k elements, dilation d and stride s.
    """
    return tuple(
        (n + sum(p) - (k - 1) * d - 1) // s + 1
        for n, p, k, d, s in zip(size, padding, window, dilation, strides, strict=True)
    )


def output_lengths(
    lengths: Sequence[int | None],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str | Padding,
) -> Shape:
    """`output_size` where sizes may be unknown (None) and padding may be a name.

    >>> output_lengths((28, None), (3, 3), (1, 1), (1, 1), "valid")
    (26, None)
    """
    known = [0 if n is None else n for n in lengths]
    sizes = [1 if k is None else k for k in window]
    pairs = pad_pairs(padding, known, sizes, strides, dilation)
    places = output_size(known, sizes, strides, pairs, dilation)
    needed = zip(lengths, lengths if padding in ("same", "causal") else window, strict=True)
    return tuple(None if None in pair else m for pair, m in zip(needed, places, strict=True))
