"""Planted bugs, switched on one at a time: parity's cases must catch each.

A harness that passes a wrong backward is worse than none. Each bug of `compare/planted` is put into
minicnn in memory, so that its float32 and its float64 are both wrong, as they would be with a real
bug; then the cases near it are judged as `parity` judges them, on the NumPy backend, whose lines
are the ones that are changed. A bug that no case notices fails the command.
"""

from __future__ import annotations

import argparse
from typing import Any

from compare import catalogue, judge, parity, worker
from compare.case import Case
from compare.libraries import EXTRAS
from compare.outcome import Outcome
from compare.planted import BUGS, Bug, switched_on
from compare.table import print_table, progress
from minicnn import config

SUMMARY = "plant bugs in minicnn and see that parity's cases catch each"
HEADS = ("planted bug", "caught by", "case", "quantity")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare mutants`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--only", metavar="WORD", help="bugs with this in their description")


def command(options: argparse.Namespace) -> Outcome:
    """Plant each bug and report which are caught."""
    bugs = [bug for bug in BUGS if options.only is None or options.only in bug.what]
    if not bugs:
        return Outcome(failure=f"no planted bug has {options.only!r} in its description.")
    near = {bug: [case for case in catalogue.cases() if is_near(case, bug)] for bug in bugs}
    cases = {(c.kind, c.label): c for found in near.values() for c in found}
    answers = worker.in_keras(options.backend, "compare.parity:answers", list(cases.values()))
    keras = dict(zip(cases, answers, strict=True))
    results = []
    for i, bug in enumerate(bugs):
        progress(i, len(bugs), bug.what)
        results.append(tried(bug, near[bug], keras))
    progress(len(bugs), len(bugs), "")
    rows = [[r[key] for key in ("what", "caught by", "case", "quantity")] for r in results]
    print_table(HEADS, rows, [None if r["caught by"] else "bad" for r in results])
    missed = [r["what"] for r in results if not r["caught by"]]
    caught = len(bugs) - len(missed)
    print(f"\n{caught} of {len(bugs)} planted bugs are caught: {100 * caught / len(bugs):.0f} %.")
    failure = f"not caught: {'; '.join(missed)}." if missed else None
    return Outcome(results, {"bugs": len(bugs), "caught": caught}, failure)


def is_near(case: Case, bug: Bug) -> bool:
    """Whether a case is one of those that the bug names."""
    return any(word in f"{case.kind}.{case.label}" for word in bug.near)


def tried(bug: Bug, cases: list[Case], keras: dict) -> dict[str, Any]:
    """The first case that notices the bug, and what of it."""
    before = config.backend()
    config.set_backend("numpy")
    try:
        with switched_on(bug):
            for case in cases:
                findings = parity.examine(case, keras[case.kind, case.label])
                wrong = [f for f in findings if f.wrong]
                if wrong:
                    return _result(bug, how(wrong), case.label, wrong[-1].quantity)
    finally:
        config.set_backend(before)
    return _result(bug, None, None, None)


def how(wrong: list[judge.Finding]) -> str:
    """What caught the bug: differences of values, Keras, or both."""
    by_differences = any(f.quantity == "gradients in float64" for f in wrong)
    by_keras = any(f.quantity != "gradients in float64" for f in wrong)
    return " and ".join(["differences"] * by_differences + ["Keras"] * by_keras)


def _result(bug: Bug, caught: str | None, case: str | None, quantity: str | None) -> dict[str, Any]:
    return {"what": bug.what, "caught by": caught, "case": case, "quantity": quantity}
