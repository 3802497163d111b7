"""The option `--only WORD`, which chooses cases by a part of their names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from compare.cli.outcome import CannotCompare

Item = TypeVar("Item")


def chosen(
    items: Iterable[Item], word: str | None, name: Callable[[Item], str], what: str
) -> list[Item]:
    """The items with the word in their names, in capitals or not; all of them if it is None.

    If there are none, the error suggests words of the names that are spelled nearly the same.
    """
    items = list(items)
    if word is None:
        return items
    found = [item for item in items if word.lower() in name(item).lower()]
    if found:
        return found
    near = suggestions(word, map(name, items))
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise CannotCompare(f"no {what} has {word!r} in its name.{hint}")


def suggestions(word: str, names: Iterable[str]) -> list[str]:
    """At most three words of the names that are spelled nearly as the word, or as a part of it.

    >>> suggestions("conv2", ["layers.Conv2D(filters=3)", "layers.Dense(units=2)"])
    ['Conv2D']
    """
    words = {part.lower(): part for each in names for part in re.findall(r"[^\W\d_]\w*", each)}
    near = difflib.get_close_matches(word.lower(), words, n=3)
    for part in re.findall(r"\w+", word.lower()) if not near else ():
        near += difflib.get_close_matches(part, words, n=2)
    return [words[each] for each in dict.fromkeys(near)][:3]
