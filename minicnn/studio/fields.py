"""Checks of the fields of messages: each takes what came and returns what the handler gets."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

LARGEST_SIDE = 512
"""Of a canvas, in pixels."""

Check = Callable[[Any], Any]


class FieldError(ValueError):
    """What came in a message is not what was expected."""


def whole(least: int, most: int) -> Check:
    """A whole number from `least` to `most`."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise FieldError(f"a whole number from {least} to {most}")
        return value

    return check


def number(least: float, most: float) -> Check:
    """A finite number from `least` to `most`."""

    def check(value: Any) -> float:
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not known or not math.isfinite(value) or not least <= value <= most:
            raise FieldError(f"a number from {least} to {most}")
        return float(value)

    return check


def switch(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise FieldError("true or false")
    return value


def text(longest: int = 200) -> Check:
    """A text of at most so many characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise FieldError(f"a text of at most {longest} characters")
        return value

    return check


def one_of(*choices: str) -> Check:
    """One of some words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise FieldError(f"one of {', '.join(map(repr, choices))}")
        return value

    return check


def several(check: Check, most: int) -> Check:
    """A list of at most so many, each of which passes the check."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise FieldError(f"a list of at most {most}")
        return [check(one) for one in value]

    return check_all


def by_name(check: Check, most: int) -> Check:
    """An object of at most so many names, whose values pass the check."""

    def check_all(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > most:
            raise FieldError(f"an object of at most {most} names")
        return {text()(name): check(one) for name, one in value.items()}

    return check_all


class optional:
    """A field that may be missing or null; then the handler gets `default`."""

    def __init__(self, check: Check, default: Any = None):
        self._check, self.default = check, default

    def __call__(self, value: Any) -> Any:
        return self.default if value is None else self._check(value)


def picture(value: Any) -> np.ndarray:
    """Amounts of ink `(height, width)` of uint8, as `{"side": [h, w], "ink": base64}`."""
    expected = (
        f"a picture: side [height, width] up to {LARGEST_SIDE}, and ink, that many bytes in base64"
    )
    if not isinstance(value, dict) or set(value) != {"side", "ink"}:
        raise FieldError(expected)
    side, ink = value["side"], value["ink"]
    if not _is_side(side) or not isinstance(ink, str):
        raise FieldError(expected)
    try:
        content = base64.b64decode(ink, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(expected) from None
    if len(content) != side[0] * side[1]:
        raise FieldError(f"{expected}; here {len(content)} bytes came for {side[0]} × {side[1]}")
    return np.frombuffer(content, np.uint8).reshape(side)


def _is_side(side: Any) -> bool:
    if not isinstance(side, Sequence) or isinstance(side, str) or len(side) != 2:
        return False
    return all(type(n) is int and 1 <= n <= LARGEST_SIDE for n in side)
