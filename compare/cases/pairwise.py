"""Combines the values of several arguments so that each two values occur together.

The combinations come from covertable. (allpairspy has had no release since 2023 and no rules for
what must not occur together.) They are the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import covertable

from compare.cases.left_out import is_left_out

Values = Mapping[str, Sequence[Any]]


def settings(name: str, values: Values, needs: Mapping[str, str] | None = None) -> Iterator[dict]:
    """The settings of each combination; an argument may also be left out.

    Args:
        name: of the class or function, to look up what is never set together.
        values: of each argument, other than its default.
        needs: for arguments that have an effect only if another is set: that one, or several of
            which one is enough.
    """
    if len(values) == 1:
        yield from ({a: value} for a, listed in values.items() for value in listed)
        return
    factors = {a: list(range(len(listed) + 1)) for a, listed in values.items()}
    rules = [
        _rule(lambda row, a=a, b=b: not (row[a] and row[b]), a, b)
        for a, b in combinations(values, 2)
        if is_left_out(name, a, b)
    ]
    rules += [
        _rule(lambda row, a=a, b=b: not row[a] or any(row[x] for x in b.split()), a, *b.split())
        for a, b in (needs or {}).items()
    ]
    for row in covertable.make(factors, constraints=rules):
        if any(row.values()):
            yield {a: listed[row[a] - 1] for a, listed in values.items() if row[a]}


def _rule(holds: Callable[[Mapping[str, int]], Any], *arguments: str) -> dict[str, Any]:
    return {"operator": "fn", "requires": list(arguments), "evaluate": lambda r: bool(holds(r))}
