"""Arguments of layers and operations with windows: sizes, paddings, data formats, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.common import configuration
from minicnn.common.shapes import Shape
from minicnn.common.sliding_windows import Padding
from minicnn.common.suggest import did_you_mean


def standardize_tuple(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """A tuple of n positive integers, from one for all or one for each: a setting of a layer.

    >>> standardize_tuple(3, 2, "kernel_size")
    (3, 3)
    """
    message = f"The `{name}` argument must be a tuple of {n} integers. Received {name}={value}"
    try:
        values = (value,) * n if isinstance(value, int) else tuple(value)
        numbers = tuple(int(v) for v in values)
    except (TypeError, ValueError):
        raise ValueError(f"{message} of type {type(value).__name__}") from None
    if len(values) != n:
        raise ValueError(message)
    wrong = {v for v in values if v < 0 or (v == 0 and not allow_zero)}
    if wrong or numbers != values:
        required = ">= 0" if allow_zero else "> 0"
        raise ValueError(
            f"{message}, including values {wrong or set(values)} that do not satisfy "
            f"`value {required}`"
        )
    return numbers


def per_axis(value: int | Sequence[int], rank: int, name: str) -> tuple[int, ...]:
    """One positive integer for each of the `rank` spatial axes: an argument of an op.

    Here, unlike in a layer, a sequence of one integer stands for all axes, too.

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


def standardize_padding(
    value: str | Padding, allow_causal: bool = False, allow_pairs: bool = False
) -> str | Padding:
    """The padding in small letters, or the pairs ((before, after), ...) as tuples.

    >>> standardize_padding("SAME")
    'same'
    """
    if allow_pairs and isinstance(value, (tuple, list)):
        return tuple(tuple(pair) for pair in value)
    allowed = ("valid", "same", "causal") if allow_causal else ("valid", "same")
    padding = value.lower() if isinstance(value, str) else value
    if padding not in allowed:
        raise ValueError(
            f"The `padding` argument must be one of {', '.join(map(repr, allowed))}, in any letter "
            f"case. Received: padding={value!r}.{did_you_mean(str(value), allowed)}"
        )
    return padding


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
