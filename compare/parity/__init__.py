"""Compares every layer, loss, metric, optimizer and operation with Keras and with float64.

A row shows the worst quantity of a case. For minicnn and for Keras, both in float32, it has the
largest difference from the truth: relative to the truth's largest entry, and in units in the last
place. Then comes the error that float32 explains. The truth is minicnn's NumPy backend in float64;
central differences confirm its gradients in the same run.
"""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from compare.cases import catalogue, kinds
from compare.cases.case import Case
from compare.cli.outcome import Outcome, failure
from compare.cli.table import print_table, progress
from compare.libraries import EXTRAS, Library, worker
from compare.parity import judge

SUMMARY = "compare every layer, loss, metric, optimizer and operation with Keras and float64"
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
    """Add the options of `compare parity`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--only",
        metavar="WORD",
        help="only cases with this in their label, or of this kind: Conv2D, layers",
    )
    parser.add_argument("--failures", action="store_true", help="show only the cases that fail")


def command(options: argparse.Namespace) -> Outcome:
    """Run all cases and print a row for each."""
    cases = [c.on(options.backend) for c in catalogue.cases() if _wanted(c, options.only)]
    if not cases:
        return Outcome(failure=f"no case has {options.only!r} in its kind or label.")
    missing = [] if options.only else catalogue.missing()
    rows, colours, results = [], [], []
    answers = worker.in_keras(options.backend, "compare.parity:keras_results", cases)
    for i, (case, keras) in enumerate(zip(cases, answers, strict=True)):
        progress(i, len(cases), case.label)
        findings = examine(case, keras)
        shown = judge.worst(findings)
        results.append(_result(case, findings))
        if shown.wrong or not options.failures:
            rows.append(_row(case, shown))
            colours.append("bad" if shown.wrong else "note" if case.known_differences else None)
    progress(len(cases), len(cases), "")
    if rows:
        print_table(HEADS, rows, colours)
    failed = [r["case"] for r in results if r["wrong"]]
    summary = {"cases": len(cases), "failed": len(failed), "without a case": missing}
    print(f"\n{len(cases) - len(failed)} of {len(cases)} cases hold on {options.backend}.")
    without_case = f"no case for {', '.join(missing)}" if missing else None
    return Outcome(results, summary, failure(failed, len(cases), "cases", without_case))


def keras_results(library: Library, cases: list[Case]) -> Iterator[dict[str, Any] | str]:
    """Run in Keras's process: yields Keras's result of each case, or the text of its error."""
    for case in cases:
        yield result_of(library, case)


def result_of(library: Library, case: Case) -> dict[str, Any] | str:
    """All quantities of a case, computed by a library, or the text of the error it raised."""
    try:
        return kinds.run(library, case)
    except Exception as error:
        return _described(error)


def examine(case: Case, keras: dict[str, Any] | str | None) -> list[judge.Finding]:
    """All findings of a case; `keras` is Keras's result of it."""
    if any(known.quantity == "" for known in case.known_differences):
        keras = None
    if isinstance(keras, str):
        return [_error(f"Keras raised {keras}")]
    try:
        return judge.judge(case, judge.ours(case), keras, judge.reference(case))
    except Exception as error:
        return [_error(f"minicnn raised {_described(error)}")]


def _described(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"


def _error(why: str) -> judge.Finding:
    return judge.Finding("all", None, None, 0.0, why)


def _wanted(case: Case, word: str | None) -> bool:
    return word is None or word == case.kind or word in case.label


def _result(case: Case, findings: list[judge.Finding]) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "case": case.label,
        "wrong": [f"{f.quantity}: {f.wrong}" for f in findings if f.wrong],
        "known differences": [known._asdict() for known in case.known_differences],
        "findings": [asdict(f) for f in findings],
    }


def _row(case: Case, finding: judge.Finding) -> tuple:
    ours, keras = (e or (None, None) for e in (finding.ours, finding.keras))
    label = case.label if len(case.label) <= 70 else case.label[:69] + "…"
    known = "; ".join(difference.reason for difference in case.known_differences)
    verdict = finding.wrong or known or "holds"
    verdict = verdict.splitlines()[0][:160]
    return (f"{case.kind}.{label}", finding.quantity, *ours, *keras, finding.limit, verdict)
