"""`rearrange`: axes reordered, joined and split by name."""

from __future__ import annotations

import math
import re
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import outline

__all__ = ["Rearrange", "rearrange"]


def _groups(side: str) -> list[list[str]]:
    """The names of each axis; several for names in parentheses.

    >>> _groups("b (h w)")
    [['b'], ['h', 'w']]
    """
    return [part.strip("()").split() for part in re.findall(r"\([^()]*\)|\w+", side)]


def _split_lengths(groups: list, shape: tuple, given: dict) -> dict[str, int | None]:
    """The length of each name: given, or what remains of its axis."""
    lengths = dict(given)
    for names, length in zip(groups, shape, strict=True):
        free = [name for name in names if name not in given]
        known = math.prod(given[name] for name in names if name in given)
        if len(free) > 1:
            raise ValueError(
                f"The lengths of {free} do not follow from their axis of length {length}. "
                "Give all but one of them as keyword arguments."
            )
        if length is not None and (length % known or (not free and length != known)):
            raise ValueError(
                f"An axis of length {length} cannot be split into {names} with lengths {given}."
            )
        lengths |= dict.fromkeys(free, None if length is None else length // known)
    return lengths


def _joined(names: list[str], lengths: dict) -> int | None:
    parts = [lengths[name] for name in names]
    return None if None in parts else math.prod(parts)


class Rearrange(Operation):
    """The operation behind `rearrange`."""

    def call(self, tensor, pattern, **axes_lengths):
        left, arrow, right = pattern.partition("->")
        before, after = _groups(left), _groups(right)
        tensor = ops.convert_to_tensor(tensor)
        origin = [name for names in before for name in names]
        target = [name for names in after for name in names]
        if not arrow or sorted(origin) != sorted(target) or len(set(origin)) != len(origin):
            raise ValueError(
                "The pattern must name the same axes on both sides of `->`, each once. "
                f"Received: pattern={pattern!r}"
            )
        if len(before) != len(tensor.shape):
            raise ValueError(
                f"The pattern {pattern!r} is for {len(before)} axes, but the tensor has shape "
                f"{tuple(tensor.shape)}."
            )
        lengths = _split_lengths(before, tensor.shape, axes_lengths)
        if isinstance(tensor, KerasTensor):
            return KerasTensor((_joined(names, lengths) for names in after), tensor.dtype)
        tensor = ops.reshape(tensor, [lengths[name] for name in origin])
        tensor = ops.transpose(tensor, [origin.index(name) for name in target])
        return ops.reshape(tensor, [_joined(names, lengths) for names in after])

    def compute_output_spec(self, tensor, pattern, **axes_lengths):
        return outline(self.call, tensor, pattern, **axes_lengths)


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """Axes reordered, joined and split, as a pattern of names says.

    >>> import minicnn as keras
    >>> keras.ops.rearrange(keras.ops.ones((2, 6, 4)), "b (h w) c -> b c h w", h=2).shape
    (2, 4, 2, 3)

    Args:
        pattern: the names of the axes before and after; `(h w)` is one axis made of two.
        axes_lengths: lengths of names, where one axis is split.
    """
    return Rearrange()(tensor, pattern, **axes_lengths)
