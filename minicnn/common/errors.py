"""Errors that several folders use, and `make_from_config`, which raises them."""

from __future__ import annotations

from typing import Any

from minicnn.common.suggest import shown

UNFIT = (LookupError, AttributeError, ArithmeticError, AssertionError)
"""Errors that a value of a wrong type may cause, besides TypeError and ValueError."""

_BARE = ("could not convert", "cannot convert", "invalid literal")
"""The beginning of the ValueErrors of `float` and `int`, which do not name the argument."""


class ConfigError(TypeError):
    """A config describes an object of an unknown class, or one that its class cannot make."""


class UnfitConfig(ConfigError, ValueError):
    """A class refuses a value of its config.

    It is a ValueError as in the constructor, and a TypeError as in Keras's `from_config`.
    """


def make_from_config(cls: type, config: dict[str, Any]) -> Any:
    """`cls(**config)`; an error names the class and the values."""
    try:
        return cls(**config)
    except ConfigError:
        raise  # about an object inside the config, which it names
    except TypeError as error:
        raise TypeError(
            f"Unable to make a {cls.__name__} from its config: {error}. If the class takes "
            "other arguments than its `get_config` returns, override `from_config`. Received "
            f"config={shown(config)}"
        ) from error
    except (*UNFIT, ValueError) as error:
        if isinstance(error, ValueError) and not str(error).startswith(_BARE):
            raise UnfitConfig(
                f"Unable to make a {cls.__name__} from its config: {error}"
            ) from error
        if not cls.__module__.startswith("minicnn."):
            raise  # the error may be in the class
        raise UnfitConfig(
            f"Unable to make a {cls.__name__} from its config: a value is of a wrong kind "
            f"({type(error).__name__}: {error}). Received config={shown(config)}"
        ) from error
