"""Measures how small a wrong factor on one result a comparison notices.

A recorded result is multiplied by 1 + x for smaller and smaller x, and the comparison's own judge
is asked each time. So a comparison that has become blunt says so itself.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

LADDER = [2.0**power for power in range(-24, 5)]


class Sensitivity(NamedTuple):
    """A quantity and the smallest x for which its multiple by 1 + x was noticed, None if none."""

    quantity: str
    smallest: float | None


def smallest_noticed(notices: Callable[[float], bool]) -> float | None:
    """The smallest x, a power of two, from which on `notices(1 + x)`; None if 16 is not enough.

    >>> smallest_noticed(lambda factor: factor > 1.003)
    0.00390625
    """
    place = bisect.bisect_left(LADDER, True, key=lambda x: bool(notices(1 + x)))
    return LADDER[place] if place < len(LADDER) else None


def summary(found: Iterable[Sensitivity]) -> dict[str, Any]:
    """The least sensitive quantity, the most sensitive and the one in the middle, as plain data."""
    known = sorted(found, key=lambda s: float("inf") if s.smallest is None else s.smallest)
    if not known:
        return {"quantities": 0}
    return {
        "quantities": len(known),
        "best": known[0]._asdict(),
        "median": known[len(known) // 2]._asdict(),
        "worst": known[-1]._asdict(),
    }


def by_kind(found: Iterable[tuple[str, Sensitivity]]) -> dict[str, Any]:
    """The `summary` of all quantities, with one for each kind of quantity in "kinds"."""
    pairs = list(found)
    kinds = {kind: summary(s for k, s in pairs if k == kind) for kind in dict(pairs)}
    return {**summary(s for _, s in pairs), "kinds": kinds}


def sentences(found: dict[str, Any]) -> str:
    """The sentence about all quantities, and one with the median and the worst of each kind."""
    kinds = [
        f"{kind}: median {_factor(s['median'])}, worst {_factor(s['worst'])}"
        for kind, s in (found.get("kinds") or {}).items()
        if s["quantities"]
    ]
    return "\n".join([sentence(found), *(["By kind: " + "; ".join(kinds) + "."] if kinds else [])])


def sentence(found: dict[str, Any]) -> str:
    """One line about a `summary`."""
    if not found["quantities"]:
        return "Sensitivity: nothing was compared whose sensitivity could be measured."
    best, median, worst = (found[key] for key in ("best", "median", "worst"))
    return (
        f"Sensitivity, measured: a wrong factor on one of {found['quantities']} quantities is "
        f"noticed from {_factor(median)} (median); sharpest: {_factor(best)} on "
        f"{best['quantity']}; bluntest: {_factor(worst)} on {worst['quantity']}."
    )


def _factor(one: dict[str, Any]) -> str:
    x = one["smallest"]
    return f"no factor up to {1 + LADDER[-1]:g}" if x is None else f"1 + {x:.1e}"
