"""Numbers of elements: how many a data set has after each step, if that can be known."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

INFINITE = -1
UNKNOWN = -2


def batches(count: int, size: int, drop_remainder: bool) -> int:
    """Batches of `count` elements.

    >>> batches(10, 4, False), batches(10, 4, True), batches(INFINITE, 4, False)
    (3, 2, -1)
    """
    if count < 0:
        return count
    return count // size if drop_remainder else -(-count // size)


def windows(count: int, size: int, shift: int, stride: int, drop_remainder: bool) -> int:
    """Windows that begin every `shift` elements, each of `size` elements `stride` apart.

    >>> windows(10, 4, 1, 2, False), windows(10, 4, 1, 2, True), windows(UNKNOWN, 4, 1, 1, True)
    (10, 4, -2)
    """
    if drop_remainder and count >= 0:
        last_start = count - 1 - (size - 1) * stride
        return max(last_start // shift + 1, 0)
    return batches(count, shift, drop_remainder=False)


def repeated(count: int, times: int | None) -> int:
    """Elements of several repetitions; without end for None and -1."""
    if count == 0 or times == 0:
        return 0
    if times is None or times < 0:
        return INFINITE
    return count if count < 0 else count * times


def taken(count: int, most: int) -> int:
    """Of the first elements."""
    if most < 0 or count == UNKNOWN:
        return count
    return most if count == INFINITE else min(count, most)


def skipped(count: int, first: int) -> int:
    """Without the first elements."""
    if first < 0:
        return 0
    return count if count < 0 else max(count - first, 0)


def zipped(counts: Iterable[int]) -> int:
    """Of data sets side by side: the smallest."""
    counts = list(counts)
    known = [count for count in counts if count >= 0]
    if UNKNOWN in counts:
        return UNKNOWN
    return min(known, default=INFINITE)


def joined(*counts: int) -> int:
    """Of data sets one after another.

    >>> joined(2, 3), joined(2, UNKNOWN), joined(UNKNOWN, INFINITE)
    (5, -2, -1)
    """
    special = [count for count in counts if count < 0]
    return max(special) if special else sum(counts)


def whole(name: str, value: Any, least: int | None = None) -> int:
    """The value of an argument that is a whole number, a tensor or array with one included."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or (least is not None and number < least):
        kind = "a whole number" + ("" if least is None else f" from {least}")
        raise ValueError(f"`{name}` must be {kind}. Received: {name}={value!r}")
    return number
