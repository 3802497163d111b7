"""Shows the verdicts on sampled mutants: a score for each room and judge, and each survivor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compare.cli.table import paragraph, print_table, progress
from compare.mutants.sampled.draw import Mutant
from compare.mutants.sampled.session import COMPARE, TESTS

KILLED, SURVIVED, EQUIVALENT = "killed", "survived", "equivalent"
JUDGES = (TESTS, COMPARE)

Result = dict[str, Any]


def result(mutant: Mutant, verdicts: dict[str, Any] | None, reason: str | None) -> Result:
    """What is known of a mutant; `reason` says why it is equivalent."""
    found = {
        "room": mutant.room,
        **mutant.identity,
        "line": mutant.place.line,
        "diff": mutant.diff,
        EQUIVALENT: reason,
    }
    return found | {judge: None if verdicts is None else verdicts[judge] for judge in JUDGES}


def scores(results: Sequence[Result]) -> dict[str, dict[str, int]]:
    """For each room and for "all", how many mutants, equivalent ones, and killed by each judge."""
    rooms = dict.fromkeys([*sorted({r["room"] for r in results}), "all"])
    counted = {}
    for room in rooms:
        of = [r for r in results if room in (r["room"], "all")]
        judged = [r for r in of if r[EQUIVALENT] is None]
        counted[room] = {
            "mutants": len(of),
            EQUIVALENT: len(of) - len(judged),
            **{judge: sum(r[judge][KILLED] for r in judged) for judge in JUDGES},
        }
    return counted


def show(results: Sequence[Result], seed: int, under: Sequence[str], quick: bool) -> None:
    """Print the scores."""
    rows = []
    for room, score in scores(results).items():
        judged = score["mutants"] - score[EQUIVALENT]
        shares = [f"{100 * score[judge] / judged:.1f} %" if judged else "" for judge in JUDGES]
        counts = [f"{score[judge]} of {judged}" for judge in JUDGES]
        shown = [f"{count}  {share}" for count, share in zip(counts, shares, strict=True)]
        rows.append([room, score["mutants"], score[EQUIVALENT], *shown])
    heads = ("room", "mutants", EQUIVALENT, *(f"killed by {judge}" for judge in JUDGES))
    print_table(heads, rows, [None] * (len(rows) - 1) + ["head"])
    place = f" from {', '.join(under)} only" if under else ""
    print(f"\n{len(results)} mutants drawn by seed {seed}{place}.", end=" ")
    print(
        "Only the nearest tests and cases were run." if quick else "All that runs a line was run."
    )


def show_survivor(found: Result) -> None:
    """Print a mutant that is not equivalent if it survives a judge."""
    if found[EQUIVALENT] is not None or all(found[judge][KILLED] for judge in JUDGES):
        return
    progress(1, 1, "")
    names = " and ".join(judge for judge in JUDGES if not found[judge][KILLED])
    lines = [
        f"{found['file']}:{found['line']} in {found['function'] or 'the module'}",
        f"  survives {names}. {found['operator']} at place {found['place']}",
        *(f"  {line}" for line in found["diff"].splitlines()[1:]),
    ]
    for judge in JUDGES:
        verdict = found[judge]
        if verdict[KILLED]:
            why = f"killed by {verdict['by'] or 'its import'}: {verdict['why'][:100]!r}"
        else:
            why = f"{verdict['run']} run. {verdict['why']}"
        lines.append(f"  {judge}: {why}")
    print("\n".join(map(paragraph, lines)), end="\n\n", flush=True)
