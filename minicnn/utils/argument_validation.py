"""Arguments that several layers check alike."""

from __future__ import annotations

from typing import Any

from minicnn.common.suggest import did_you_mean


def standardize_tuple(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """A tuple of n positive integers, from one for all or one for each.

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


def standardize_padding(value: Any, allow_causal: bool = False) -> str:
    """The padding in small letters, checked.

    >>> standardize_padding("SAME")
    'same'
    """
    allowed = ("valid", "same", "causal") if allow_causal else ("valid", "same")
    padding = value.lower() if isinstance(value, str) else value
    if padding not in allowed:
        raise ValueError(
            f"The `padding` argument must be one of {', '.join(map(repr, allowed))}. "
            f"Received: {value!r}.{did_you_mean(str(value), allowed)}"
        )
    return padding
