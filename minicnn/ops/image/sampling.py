"""Reading images at positions between their pixels: what all warps and `map_coordinates` share.

A position p is read by "nearest" at the nearest pixel, and linearly from its two neighbours i = ⌊p⌋
and i + 1 with the weights i + 1 − p and p − i. With several axes the weights are multiplied.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes

MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _reflected(i: Any, n: int) -> Any:
    """D c b a | a b c d | d c b a."""
    i = ops.mod(i, 2 * n)
    return ops.minimum(i, 2 * n - 1 - i)


def _mirrored(i: Any, n: int) -> Any:
    """D c b | a b c d | c b a."""
    i = ops.mod(i, max(2 * n - 2, 1))
    return ops.minimum(i, 2 * n - 2 - i)


# The pixel that stands for pixel i, which may be outside of 0 to n − 1.
_INSIDE: dict[str, Callable[[Any, int], Any]] = {
    "nearest": lambda i, n: ops.clip(i, 0, n - 1),
    "wrap": lambda i, n: ops.mod(i, n),
    "mirror": _mirrored,
    "reflect": _reflected,
}


def _taps(positions: Any, n: int, linear: bool, mode: str) -> list[tuple[Any, Any, Any]]:
    """Along one axis: the pixels that are read, whether they exist, and their weights."""
    below = ops.floor(positions) if linear else ops.round(positions)
    pixels, weights = [below], [None]
    if linear:
        share = positions - below
        pixels, weights = [below, below + 1], [1 - share, share]
    if mode in _INSIDE:
        pixels = [_INSIDE[mode](i, n) for i in pixels]
    taps = []
    for pixel, weight in zip(pixels, weights, strict=True):
        exists = ops.logical_and(pixel >= 0, pixel < n)  # not where the position is not a number
        taps.append((ops.cast(ops.where(exists, pixel, 0), "int32"), exists, weight))
    return taps


def sample(
    images: Any, positions: Sequence[Any], linear: bool, mode: str, fill_value: Any = 0
) -> Any:
    """The values of images at positions.

    Args:
        images: `(batch, *sizes, channels)`.
        positions: for each axis of the sizes a tensor `(batch or 1, *places)`.
        linear: whether to interpolate; else the nearest pixel is read.
        mode: one of `MODES`: what is read outside.
        fill_value: what is read outside in mode "constant".

    Returns:
        `(batch, *places, channels)`, in the type of images and positions promoted.
    """
    batch, *sizes, channels = images.shape
    dtype = dtypes.result_type(str(images.dtype), str(positions[0].dtype))
    flat = ops.cast(ops.reshape(images, (-1, channels)), dtype)
    first = ops.arange(batch, dtype="int32") * math.prod(sizes)
    first = ops.reshape(first, (-1, *[1] * (len(positions[0].shape) - 1)))
    axes = [_taps(p, n, linear, mode) for p, n in zip(positions, sizes, strict=True)]
    total = None
    for corner in itertools.product(*axes):
        indices, exist, weights = zip(*corner, strict=True)
        place = 0
        for n, i in zip(sizes, indices, strict=True):
            place = place * n + i
        values = ops.take(flat, first + place, axis=0)
        if mode == "constant":
            inside = reduce(ops.logical_and, exist)
            values = ops.where(inside[..., None], values, ops.cast(fill_value, dtype))
        if linear:
            values = values * reduce(mul, weights)[..., None]
        total = values if total is None else total + values
    return total


def as_batch(images: Any, data_format: str) -> Any:
    """`(batch, height, width, channels)`, of images or one image in any layout."""
    images = images if len(images.shape) == 4 else images[None]
    return images if data_format == "channels_last" else ops.transpose(images, (0, 2, 3, 1))


def as_given(batch: Any, like: Any, data_format: str) -> Any:
    """A batch in the layout of the images that it was made from."""
    batch = batch if data_format == "channels_last" else ops.moveaxis(batch, 3, 1)
    return batch if len(like.shape) == 4 else batch[0]
