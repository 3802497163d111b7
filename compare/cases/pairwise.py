"""Combines the values of several arguments so that each two values occur together.

The combinations come from covertable. (allpairspy has had no release since 2023 and no rules for
what must not occur together.) They are the same in every run, so they are kept in
`runs/pairwise`: all of them together take some ten seconds to find.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import covertable

from compare.cases.left_out import is_left_out

KEPT = Path(__file__).resolve().parents[2] / "runs" / "pairwise"

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
    numbers = {a: len(listed) + 1 for a, listed in values.items()}
    apart = [(a, b) for a, b in combinations(values, 2) if is_left_out(name, a, b)]
    for row in _rows(numbers, apart, dict(needs or {})):
        if any(row.values()):
            yield {a: listed[row[a] - 1] for a, listed in values.items() if row[a]}


def _rows(
    numbers: dict[str, int], apart: list[tuple[str, str]], needs: dict[str, str]
) -> list[dict[str, int]]:
    """For each combination the number of each argument's value; 0 is its default.

    Args:
        numbers: how many values each argument has.
        apart: arguments of which one has its default.
        needs: as in `settings`.
    """
    asked = repr((version("covertable"), numbers, apart, needs))
    kept = KEPT / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    factors = {a: list(range(n)) for a, n in numbers.items()}
    rules = [_rule(lambda row, a=a, b=b: not (row[a] and row[b]), a, b) for a, b in apart]
    rules += [
        _rule(lambda row, a=a, b=b: not row[a] or any(row[x] for x in b.split()), a, *b.split())
        for a, b in needs.items()
    ]
    rows = list(covertable.make(factors, constraints=rules))
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(rows))
    unfinished.replace(kept)
    return rows


def _rule(holds: Callable[[Mapping[str, int]], Any], *arguments: str) -> dict[str, Any]:
    return {"operator": "fn", "requires": list(arguments), "evaluate": lambda r: bool(holds(r))}
