"""A check of arguments that are whole numbers."""

from __future__ import annotations

import operator
from typing import Any


def check_whole_number(owner: str, name: str, value: Any, least: int | None = None) -> None:
    """Refuses what is no whole number, or is less than `least`. None passes.

    Args:
        owner: whose argument it is, for the message.
        name: of the argument.
        value: NumPy's whole numbers count, 2.0 does not.
        least: the smallest that is allowed.

    Example:
        >>> check_whole_number("Resizing", "height", 2.5, least=1)
        Traceback (most recent call last):
        ValueError: `height` of Resizing must be a whole number, 1 or more. Received: height=2.5
    """
    if value is None:
        return
    try:
        number = operator.index(value)
        is_right = least is None or number >= least
    except TypeError:
        is_right = False
    if not is_right:
        lower = "" if least is None else f", {least} or more"
        raise ValueError(
            f"`{name}` of {owner} must be a whole number{lower}. Received: {name}={value!r}"
        )
