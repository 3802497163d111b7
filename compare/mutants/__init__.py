"""Plants bugs in minicnn, one at a time, and tests that parity's cases detect each.

Each bug of `planted` changes lines of minicnn in memory, so that its float32 and its float64
results are both wrong, as with a real bug. Then the cases that the bug names are compared as in
`parity`, on each backend whose results the lines serve. Bugs in compiled kernels are planted in a
copy of the source, where the kernels are compiled again (`compiled_bugs.py`). A bug that no case
detects, on one of its backends, fails the command. The table also shows which of the checks that
other projects use (`weaker_checks.py`) detect the same bug with the same cases.

These bugs are examples, chosen by hand. With --sample N --seed S mutants are made mechanically
instead and drawn by the seed, and `tests` judges them too (`sampled`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any

from compare import parity
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.catalogue import cut_in_pieces
from compare.cli.only import chosen
from compare.cli.outcome import Outcome
from compare.cli.table import StreamedTable, paragraph, print_table, progress
from compare.libraries import EXTRAS
from compare.mutants import pool, sampled, weaker_checks
from compare.mutants.planted import BUGS, PARTS, Bug
from compare.mutants.trial import OTHERS, OURS
from compare.parity import stored_answers
from minicnn.cli.arguments import at_least

SUMMARY = "plant bugs in minicnn; parity's cases must catch each"
COLUMNS = {"planted bug": 38, "part": 9, "backends": 11, "caught by": 11}
COLUMNS |= {**{name: len(name) for name in OTHERS}, "case": 18}
CAUGHT, MISSED = "✓", "·"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare mutants`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--only", metavar="WORD", help="only bugs with this in their description")
    parser.add_argument(
        "--sample",
        type=at_least(1),
        metavar="N",
        help="instead of the planted bugs: N mutants of the source, made mechanically",
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (default 1)")
    parser.add_argument(
        "--under",
        action="append",
        metavar="FOLDER",
        help="of a sample: only from this folder or file of minicnn, such as layers/rnn; "
        "may be given several times",
    )
    parser.add_argument(
        "--quick", action="store_true", help="of a sample: run the nearest tests and cases only"
    )


def command(options: argparse.Namespace) -> Outcome:
    """Plant each bug and report which are caught."""
    if options.sample:
        return sampled.command(options)
    bugs = chosen(BUGS, options.only, lambda bug: bug.what, "planted bug")
    everything = [case.on(options.backend) for case in catalogue.cases()]
    near = {bug: [case for case in everything if _shows(case, bug)] for bug in bugs}
    cases = {(c.kind, c.label): c for found in near.values() for c in found}
    table, results = StreamedTable(COLUMNS), []
    with pool.opened(_answers(options.backend, cases)) as processes:
        for found in processes.judged(near):
            progress(1, 1, "")
            table.add(_row(found), None if found[OURS] else "bad")
            results.append(found)
            progress(len(results), len(bugs), "planted bugs")
        differentiated = [c for c in cases.values() if c.kind in weaker_checks.DIFFERENTIATED]
        alarms = processes.false_alarms(differentiated)
    scores = _scores(results)
    _print_scores(scores, alarms)
    return Outcome(results, {"bugs": len(bugs), "scores": scores}, _failure(results))


def _answers(backend: str, cases: dict[tuple[str, str], Case]) -> pool.Answers:
    """What Keras says about each case: the stored answers of a whole run of `parity`, or asked."""
    kept = stored_answers.kept(backend)
    if kept is None:
        return dict(zip(cases, parity.keras_answers(backend, list(cases.values())), strict=True))
    stored = {(case.kind, case.label): answer for case, answer in kept}
    return {key: stored[key] for key in cases}


def _failure(results: Sequence[dict[str, Any]]) -> str | None:
    """The bugs that were not caught, or only because they raise an error, which is no test."""
    reasons = {
        "not caught": [_missed(r) for r in results if not r[OURS]],
        "caught by an error only": [r["what"] for r in results if r["raises"]],
    }
    failures = [f"{why}: {'; '.join(bugs)}" for why, bugs in reasons.items() if bugs]
    return ". ".join(failures) + "." if failures else None


def _missed(result: dict[str, Any]) -> str:
    missed = result["missed on"]
    on = f" on {missed[0]}" if len(missed) < len(result["backends"]) else ""
    return result["what"] + on


def is_near(case: Case, bug: Bug) -> bool:
    """Whether the bug names the case."""
    return any(word in f"{case.kind}.{case.label}" for word in bug.near)


def _shows(case: Case, bug: Bug) -> bool:
    """Whether to run the case; large ones show only what happens in compiled kernels."""
    large = case.held_constant == cut_in_pieces.DENSE
    return is_near(case, bug) and (bug.is_compiled or not large)


def _row(result: dict[str, Any]) -> list[str]:
    marks = [CAUGHT if result[name] else MISSED for name in OTHERS]
    case, backends = result["case"] or "", " ".join(result["backends"])
    return [result["what"], result["part"], backends, result[OURS] or MISSED, *marks, case]


def _scores(results: Sequence[dict[str, Any]]) -> dict[str, dict[str, list[int]]]:
    """For each check and part (`all`: all parts), how many bugs it caught, of how many."""
    parts = [p for p in PARTS if any(r["part"] == p for r in results)]
    return {
        name: {
            part: [sum(bool(r[name]) for r in of), len(of)]
            for part in (*parts, "all")
            for of in [[r for r in results if part in (r["part"], "all")]]
        }
        for name in (OURS, *OTHERS)
    }


def _print_scores(scores: dict[str, dict[str, list[int]]], alarms: Sequence[set[str]]) -> None:
    counted = Counter(name for case in alarms for name in case)
    heads = ["caught", *scores[OURS], "rejects right code"]
    rows = []
    for name, parts in scores.items():
        rejected = f"{counted[name]} of {len(alarms)} cases" if name != OURS else "never"
        rows.append([name, *(f"{caught} of {n}" for caught, n in parts.values()), rejected])
    print()
    print_table(heads, rows, ["good"])
    print(f"\n{OURS}: all outputs, states and gradients, against Keras and float64.")
    for check in weaker_checks.CHECKS:
        print(paragraph(f"{check.name}: {check.explanation}."))
    caught, bugs = scores[OURS]["all"]
    print(f"\n{caught} of {bugs} planted bugs are caught: {100 * caught / bugs:.0f} %.")
