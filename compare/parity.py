"""Every layer, loss, metric, optimizer and operation beside real Keras and the float64 truth.

A row shows a case's worst quantity: the largest difference from the truth over its largest entry,
and in units in the last place, for minicnn in float32 and for Keras in float32; and what float32
explains of it. The truth is minicnn's NumPy backend in float64, whose gradients are confirmed by
central differences in the same run.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from compare import catalogue, judge, kinds, worker
from compare.case import Case
from compare.libraries import EXTRAS, Library
from compare.outcome import Outcome
from compare.table import print_table, progress

SUMMARY = "compare every layer, loss, metric, optimizer and operation with Keras and the truth"
HEADS = (
    "case",
    "worst quantity",
    "minicnn",
    "ulp",
    "Keras",
    "ulp",
    "float32 explains",
    "verdict",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare parity`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--only", metavar="WORD", help="cases with this in their kind or label, as layers or Conv2D"
    )
    parser.add_argument("--failures", action="store_true", help="show only the cases that fail")


def command(options: argparse.Namespace) -> Outcome:
    """Run all cases and print a row for each."""
    cases = [c.on(options.backend) for c in catalogue.cases() if _wanted(c, options.only)]
    if not cases:
        return Outcome(failure=f"no case has {options.only!r} in its kind or label.")
    missing = [] if options.only else catalogue.missing()
    rows, colours, results = [], [], []
    answers = worker.in_keras(options.backend, "compare.parity:answers", cases)
    for i, (case, keras) in enumerate(zip(cases, answers, strict=True)):
        progress(i, len(cases), case.label)
        findings = examine(case, keras)
        shown = judge.worst(findings)
        results.append(_result(case, findings))
        if shown.wrong or not options.failures:
            rows.append(_row(case, shown))
            colours.append("bad" if shown.wrong else "note" if case.keras else None)
    progress(len(cases), len(cases), "")
    if rows:
        print_table(HEADS, rows, colours)
    failed = [r["case"] for r in results if r["wrong"]]
    summary = {"cases": len(cases), "failed": len(failed), "without a case": missing}
    print(f"\n{len(cases) - len(failed)} of {len(cases)} cases hold on {options.backend}.")
    return Outcome(results, summary, _failure(len(cases), failed, missing))


def answers(library: Library, cases: list[Case]) -> Iterator[dict[str, Any] | str]:
    """In Keras's process: what Keras says to each case, or the error that it raised."""
    for case in cases:
        yield answer(library, case)


def answer(library: Library, case: Case) -> dict[str, Any] | str:
    """What a library says to a case, or the error that it raised, as a text."""
    try:
        return kinds.run(library, case)
    except Exception as error:
        return _described(error)


def examine(case: Case, keras: dict[str, Any] | str | None) -> list[judge.Finding]:
    """All findings of a case."""
    if any(excuse.quantity == "" for excuse in case.keras):
        keras = None
    if isinstance(keras, str):
        return [_broken(f"Keras raised {keras}")]
    try:
        return judge.judge(case, judge.ours(case), keras, judge.reference(case))
    except Exception as error:
        return [_broken(f"minicnn raised {_described(error)}")]


def _described(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"


def _broken(why: str) -> judge.Finding:
    return judge.Finding("all", None, None, 0.0, why)


def _wanted(case: Case, word: str | None) -> bool:
    return word is None or word == case.kind or word in case.label


def _result(case: Case, findings: list[judge.Finding]) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "case": case.label,
        "wrong": [f"{f.quantity}: {f.wrong}" for f in findings if f.wrong],
        "excused": [excuse._asdict() for excuse in case.keras],
        "findings": [asdict(f) for f in findings],
    }


def _row(case: Case, finding: judge.Finding) -> tuple:
    ours, keras = (e or (None, None) for e in (finding.ours, finding.keras))
    label = case.label if len(case.label) <= 70 else case.label[:69] + "…"
    verdict = finding.wrong or "; ".join(excuse.why for excuse in case.keras) or "holds"
    verdict = verdict.splitlines()[0][:160]
    return (f"{case.kind}.{label}", finding.quantity, *ours, *keras, finding.limit, verdict)


def _failure(cases: int, failed: list[str], missing: list[str]) -> str | None:
    reasons = []
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        first = f"{'; '.join(failed[:3])}{more}"
        reasons.append(f"{len(failed)} of {cases} cases do not hold: {first}")
    if missing:
        reasons.append(f"no case for {', '.join(missing)}")
    return ". ".join(reasons) + "." if reasons else None
