"""Parts of error messages: shortened values, and the name most similar to an unknown one."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from typing import Any

_LONGEST_NAME = 100  # the time of a comparison grows with the square of the length

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxtuple = 4, 20, 10, 10
_SHORT.maxstring = _SHORT.maxother = 200


def shown(value: Any, longest: int = 1000) -> str:
    """A value as Python prints it, shortened; the time does not depend on its length.

    >>> shown({"units": 3})
    "{'units': 3}"
    >>> shown("long " * 100, longest=20)
    "'long lo ...  long '"
    """
    return clipped(_SHORT.repr(value), longest)


def clipped(text: str, longest: int = 1000) -> str:
    """A text, without its middle if it is long.

    >>> clipped("0123456789" * 9, longest=20)
    '01234567 ... 3456789'
    """
    if len(text) <= longest:
        return text
    kept = longest - 5
    return f"{text[: kept // 2 + 1]} ... {text[-(kept // 2) :]}"


def near_match(name: str, known: Iterable[str]) -> str | None:
    """The known name most similar to `name`, or None if none is similar.

    >>> near_match("sparse_categorical_crossentopy", ["mse", "sparse_categorical_crossentropy"])
    'sparse_categorical_crossentropy'
    >>> near_match("conv2d", ["Conv2D", "Conv1D"])
    'Conv2D'
    """
    if len(str(name)) > _LONGEST_NAME:
        return None
    by_lower_case = {known_name.lower(): known_name for known_name in known}
    matches = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1)
    return by_lower_case[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The last sentence of an error message, beginning with a space; or an empty text.

    >>> did_you_mean("rellu", ["relu", "gelu"])
    " Did you mean 'relu'?"
    >>> did_you_mean("xyz", ["relu", "gelu"])
    ''
    """
    match = near_match(name, known)
    return f" Did you mean '{match}'?" if match else ""


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """The message for an unknown name, with the most similar and all known names.

    >>> unknown_name("padding", "sam", ["same", "valid"])
    "Unknown padding: 'sam'. Did you mean 'same'? Expected one of: 'same', 'valid'."
    """
    known = sorted(known)
    listed = ", ".join(repr(each) for each in known)
    guess = did_you_mean(str(name), known)
    return f"Unknown {what}: {shown(name, 200)}.{guess} Expected one of: {listed}."
