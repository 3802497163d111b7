"""The section on planted bugs: how many parity and the checks of other projects catch."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import bar, folded, section, table, verdict
from compare.report.results import Result

# Short descriptions of the checks of compare/mutants/weaker_checks.py.
WORDS = {
    "direction": "one random direction",
    "sum": "sum as the loss",
    "element": "one element, at 1e-2",
}


def render(results: list[Result]) -> Html:
    """A bar for each kind of check, then the bugs."""
    return section(
        "mutants",
        "Planted bugs",
        tag(
            "p",
            "Bugs chosen by hand, as examples, are planted in minicnn, one at a time; parity's "
            "cases must detect each. "
            "Checks of gradients that other projects use are shown for comparison.",
        ),
        [_run(result) for result in results],
    )


def _run(result: Result) -> Html:
    scores = result.summary.get("scores") or {}
    ours = next(iter(scores), "")
    caught, bugs = scores.get(ours, {}).get("all", [0, len(result.results)])
    bars = [
        bar("parity" if name == ours else WORDS.get(name, name), *parts["all"], weak=name != ours)
        for name, parts in scores.items()
        if "all" in parts
    ]
    return tag(
        "div",
        tag("p", verdict(result.passed, f"{caught} of {bugs} planted bugs are caught")),
        tag("div", bars, class_="bars"),
        _parts(scores),
        _bugs(result.results, list(scores)),
    )


def _parts(scores: dict[str, dict[str, list[int]]]) -> Html | None:
    if not scores:
        return None
    parts = [part for part in next(iter(scores.values())) if part != "all"]
    rows = [
        [WORDS.get(name, "parity"), *("{} of {}".format(*of[part]) for part in parts)]
        for name, of in scores.items()
    ]
    return folded("By the part of the library", table(("check", *parts), rows))


def _bugs(bugs: list[dict[str, Any]], checks: list[str]) -> Html:
    heads = ("planted bug", "part", "caught by", *(WORDS[c] for c in checks if c in WORDS), "case")
    rows = [
        [
            bug.get("what", ""),
            bug.get("part", ""),
            bug.get(checks[0]) or "nothing" if checks else "",
            *("✓" if bug.get(c) else "–" for c in checks if c in WORDS),
            bug.get("case") or "",
        ]
        for bug in bugs
    ]
    missed = [bool(checks) and not bug.get(checks[0]) for bug in bugs]
    return folded(f"All {len(bugs)} bugs", table(heads, rows, missed))
