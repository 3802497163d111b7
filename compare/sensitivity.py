"""Measures how small a wrong factor on one result a comparison notices.

A recorded result is multiplied by 1 + x for smaller and smaller x, and the comparison's own judge
is asked each time. So a comparison that has become blunt says so itself.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

THOUSANDTH = 2.0**-10
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
    """The least sensitive quantity, the most sensitive and the one in the middle, as plain data.

    "noticed at 1.001" is the share of the quantities in which a factor of 1 + 2⁻¹⁰ is noticed.
    """
    known = sorted(found, key=lambda s: float("inf") if s.smallest is None else s.smallest)
    if not known:
        return {"quantities": 0}
    return {
        "quantities": len(known),
        "best": known[0]._asdict(),
        "median": known[len(known) // 2]._asdict(),
        "worst": known[-1]._asdict(),
        "noticed at 1.001": sum((s.smallest or 99) <= THOUSANDTH for s in known) / len(known),
    }


def by_kind(found: Iterable[tuple[str, Sensitivity]]) -> dict[str, Any]:
    """The `summary` of all quantities, with one for each kind of quantity in "kinds"."""
    pairs = list(found)
    kinds = {kind: summary(s for k, s in pairs if k == kind) for kind in dict(pairs)}
    return {**summary(s for _, s in pairs), "kinds": kinds}


def sentences(found: dict[str, Any]) -> str:
    """The sentence about all quantities, about single entries, and about each kind, where known."""
    kinds = [
        f"{kind}: median {_factor(s['median'])}, worst {_factor(s['worst'])}"
        for kind, s in (found.get("kinds") or {}).items()
        if s["quantities"]
    ]
    lines = [sentence(found)]
    if "smallest entry" in found:
        lines.append(of_entries(found["smallest entry"], found["largest entry"]))
    if kinds:
        lines.append("By kind: " + "; ".join(kinds) + ".")
    return "\n".join(lines)


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


def of_entries(smallest: dict[str, Any], largest: dict[str, Any]) -> str:
    """One line about two summaries, of the smallest entry of each array and of the largest."""
    if not smallest["quantities"]:
        return "No entries were compared."
    parts = (
        f"the {name} entry alone: median {_factor(found['median'])}, a factor of 1.001 in "
        f"{found['noticed at 1.001']:.1%}"
        for name, found in (("smallest", smallest), ("largest", largest))
    )
    return "On one entry of an array, " + "; on ".join(parts) + " of the quantities."


def _factor(one: dict[str, Any]) -> str:
    x = one["smallest"]
    return f"no factor up to {1 + LADDER[-1]:g}" if x is None else f"1 + {x:.1e}"
