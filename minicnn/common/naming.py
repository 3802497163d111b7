"""Automatic names: "conv2d", "conv2d_1", ..."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from minicnn.common import session

_COUNTS = "object_name_uids"
# A capital begins a word after a small letter ("myName"), or before one ("HTTPServer").
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")


def to_snake_case(name: str) -> str:
    """A class name as a variable name.

    >>> to_snake_case("BatchNormalization"), to_snake_case("Conv2D"), to_snake_case("ReLU")
    ('batch_normalization', 'conv2d', 're_lu')
    """
    letters = re.sub(r"\W+", "", name)
    return _WORD_START.sub("_", letters).lower()


def auto_name(prefix: str) -> str:
    """A name from a class name that was not used since the last `clear_session`."""
    return uniquify(to_snake_case(prefix))


def uniquify(name: str) -> str:
    """The name itself the first time, then with "_1", "_2", ... appended."""
    counts = _name_counts()
    count = counts[name]
    counts[name] += 1
    return f"{name}_{count}" if count else name


def get_uid(prefix: str = "") -> int:
    """The number of calls with this prefix, including this one."""
    counts = _name_counts()
    counts[prefix] += 1
    return counts[prefix]


def reset_uids() -> None:
    """Resets the numbering of automatic names."""
    session.set_global_attribute(_COUNTS, defaultdict(int))


@contextlib.contextmanager
def numbering_kept() -> Iterator[None]:
    """After it, automatic names count on as if none had been made inside."""
    counts = _name_counts()
    session.set_global_attribute(_COUNTS, counts.copy())
    try:
        yield
    finally:
        session.set_global_attribute(_COUNTS, counts)


def get_object_name(thing: Any) -> str:
    """An object's `name`; else its `__name__`, or its class's, in snake case."""
    if hasattr(thing, "name"):
        return thing.name
    return to_snake_case(getattr(thing, "__name__", type(thing).__name__))


def _name_counts() -> defaultdict[str, int]:
    return session.get_global_attribute(_COUNTS, defaultdict(int), set_to_default=True)
