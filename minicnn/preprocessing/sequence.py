"""Sequences of unequal length as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Fills sequences up to the same length, and cuts off what is longer than `maxlen`.

    Args:
        sequences: a list of sequences: of numbers, of strings, or of arrays of the same shape.
        maxlen: the length, by default that of the longest sequence.
        dtype: type of the result; `object` for strings of any length.
        padding: "pre" to fill up at the beginning, "post" at the end.
        truncating: "pre" to cut off the beginning, "post" the end.
        value: what to fill up with.

    Returns:
        An array `(sequences, maxlen, ...)`.

    Raises:
        ValueError: something that is not a sequence, or elements of other shapes.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    for name, side in {"padding": padding, "truncating": truncating}.items():
        if side not in ("pre", "post"):
            raise ValueError(
                f'{name.capitalize()} type "{side}" not understood. Expected "pre" or "post".'
            )
    lengths = _lengths(sequences)
    if maxlen is None:
        maxlen = max(lengths, default=0)
    _check_value(value, dtype)
    shape = next((np.shape(s)[1:] for s in sequences if len(s)), ())
    result = np.full((len(lengths), maxlen, *shape), value, dtype)
    for number, sequence in enumerate(sequences):
        kept = _cut(sequence, maxlen, truncating)
        if not len(kept):
            continue
        kept = np.asarray(kept, dtype)
        if kept.shape[1:] != shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {number} is different "
                f"from expected shape {shape}, which that of the first one is."
            )
        place = slice(maxlen - len(kept), None) if padding == "pre" else slice(len(kept))
        result[number, place] = kept
    return result


def _lengths(sequences: Any) -> list[int]:
    if not hasattr(sequences, "__len__"):
        raise ValueError(
            f"`sequences` must be iterable, with a length. Received: {type(sequences).__name__}"
        )
    lengths = []
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(
                f"`sequences` must be a list of iterables. Found non-iterable: {sequence!s}"
            )
        lengths.append(len(sequence))
    return lengths


def _check_value(value: Any, dtype: Any) -> None:
    holds_strings = np.dtype(dtype).kind in "OUS"
    if isinstance(value, str) and not holds_strings:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\nYou should set "
            "`dtype=object` for variable length strings."
        )


def _cut(sequence: Any, maxlen: int, truncating: str) -> Any:
    if len(sequence) <= maxlen:
        return sequence
    return sequence[len(sequence) - maxlen :] if truncating == "pre" else sequence[:maxlen]
