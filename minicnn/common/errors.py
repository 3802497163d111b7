"""Errors that more than one floor of the library knows, and how configs lead to them."""

from __future__ import annotations

from typing import Any

from minicnn.common.suggest import shown

UNFIT = (LookupError, AttributeError, ArithmeticError, AssertionError)
"""What a value of a wrong kind may lead to, besides TypeError and ValueError."""

_BARE = ("could not convert", "cannot convert", "invalid literal")
"""How the ValueErrors of `float` and `int` begin, which do not say what the number is for."""


class ConfigError(TypeError):
    """A config describes an object of an unknown class, or one that its class cannot make."""


def make_from_config(cls: type, config: dict[str, Any]) -> Any:
    """`cls(**config)`, with an error that says which class could not be made of which values."""
    try:
        return cls(**config)
    except ConfigError:
        raise  # about something inside the config; it says what
    except TypeError as error:
        raise TypeError(
            f"Unable to make a {cls.__name__} from its config: {error}. If the class takes "
            "other arguments than its `get_config` returns, override `from_config`. Received "
            f"config={shown(config)}"
        ) from error
    except (*UNFIT, ValueError) as error:
        if isinstance(error, ValueError) and not str(error).startswith(_BARE):
            raise
        if not cls.__module__.startswith("minicnn."):
            raise  # the fault may be one of the class
        raise ValueError(
            f"Unable to make a {cls.__name__} from its config: a value is of a wrong kind "
            f"({type(error).__name__}: {error}). Received config={shown(config)}"
        ) from error
