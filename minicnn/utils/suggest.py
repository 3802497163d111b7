"""The near match of a name that nobody knows, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_match(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, or None if none does.

    >>> near_match("sparse_categorical_crossentopy", ["mse", "sparse_categorical_crossentropy"])
    'sparse_categorical_crossentropy'
    >>> near_match("conv2d", ["Conv2D", "Conv1D"])
    'Conv2D'
    """
    by_lower_case = {known_name.lower(): known_name for known_name in known}
    matches = difflib.get_close_matches(str(name).lower(), by_lower_case, n=1)
    return by_lower_case[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence to end an error message with, beginning with a space; or nothing.

    >>> did_you_mean("rellu", ["relu", "gelu"])
    " Did you mean 'relu'?"
    >>> did_you_mean("xyz", ["relu", "gelu"])
    ''
    """
    match = near_match(name, known)
    return f" Did you mean '{match}'?" if match else ""


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """The whole message for an unknown name: the near match, and all that is known.

    >>> unknown_name("padding", "sam", ["same", "valid"])
    "Unknown padding: 'sam'. Did you mean 'same'? Expected one of: 'same', 'valid'."
    """
    known = sorted(known)
    listed = ", ".join(repr(each) for each in known)
    return f"Unknown {what}: {name!r}.{did_you_mean(str(name), known)} Expected one of: {listed}."
