"""The part on sampled mutants: how many `tests` kill, and how many `parity` and `fuzz`."""

from __future__ import annotations

from compare.report.html import Html, tag
from compare.report.parts import bar, folded, table
from compare.report.results import Result

JUDGES = ("tests", "parity + fuzz")
HEADS = ("room", "mutants", "equivalent", *(f"killed by {judge}" for judge in JUDGES))


def is_sampled(result: Result) -> bool:
    """Whether these are results of `mutants --sample`."""
    return "rooms" in result.summary


def render(result: Result) -> Html:
    """A bar for each judge, the rooms, and the survivors."""
    rooms = result.summary["rooms"]
    bars = [
        bar(judge, score[judge], score["mutants"] - score["equivalent"])
        for score in [rooms.get("all", {})]
        for judge in JUDGES
        if judge in score
    ]
    rows = [
        [room, score["mutants"], score["equivalent"], *(score[judge] for judge in JUDGES)]
        for room, score in rooms.items()
    ]
    seed = result.summary.get("seed")
    survivors = [
        [f"{r['file']}:{r['line']}", tag("pre", r["diff"]), judge]
        for r in result.results
        for judge in JUDGES
        if r.get(judge) and not r[judge]["killed"]
    ]
    return tag(
        "div",
        tag("p", f"Mutants made mechanically, drawn by seed {seed}: how many are killed."),
        tag("div", bars, class_="bars"),
        folded("By the room of the library", table(HEADS, rows)),
        folded(f"Survivors ({len(survivors)})", table(("place", "change", "survives"), survivors)),
    )
