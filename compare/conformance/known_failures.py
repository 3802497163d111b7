"""Reads and writes `known_failures.json`: the tests that are known to fail, and the reasons.

    {"reasons": {KEY: {"text": a sentence, "matches": a pattern or null}},
     "files": {FILE: {"passed": n, "skipped": n, "failures": {KEY: [test, ...]}}}}

When the list is recorded, a pattern that matches the message of a new failure gives its reason;
the reason of a failure that is in the list already does not change. A run without recording
compares the names of tests only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("known_failures.json")
UNEXPLAINED = "unexplained"


class Result(NamedTuple):
    """The outcomes of a file's tests, compared with the list.

    Attributes:
        failed: the tests that failed, with the message of the exception.
        unexpected: those of them that are not in the list.
        passes_now: tests of the list that passed.
        vanished: how many fewer tests there were than when the list was recorded.
    """

    file: str
    passed: int
    failed: dict[str, str]
    skipped: int
    unexpected: list[str]
    passes_now: list[str]
    vanished: int


def read() -> dict[str, Any]:
    """The list from the file; it has no files if nothing was recorded yet."""
    known_list = json.loads(FILE.read_text()) if FILE.exists() else {}
    return {"reasons": {}, "files": {}, **known_list}


def known(known_list: dict[str, Any], file: str) -> dict[str, str]:
    """The tests of a file that are known to fail, and the key of the reason."""
    failures = known_list["files"].get(file, {}).get("failures", {})
    return {test: key for key, tests in failures.items() for test in tests}


def result(known_list: dict[str, Any], file: str, found: list, whole: bool = True) -> Result:
    """Compare the outcomes of a file's tests with the list; `whole`: no test was left out."""
    outcomes = Counter(f.outcome for f in found)
    failed = {f.test: f.why for f in found if f.outcome == "failed"}
    passed = {f.test for f in found if f.outcome == "passed"}
    expected = known(known_list, file)
    recorded = known_list["files"].get(file, {"passed": 0, "skipped": 0})
    before = recorded["passed"] + recorded["skipped"] + len(expected)
    return Result(
        file,
        len(passed),
        failed,
        outcomes["skipped"],
        [test for test in failed if test not in expected],
        [test for test in expected if test in passed],
        max(0, before - len(found)) if whole else 0,
    )


def record(known_list: dict[str, Any], results: list[Result]) -> list[str]:
    """Write the present failures to the file. Returns those for which no reason is known."""
    reasons, files = known_list["reasons"], known_list["files"]
    unexplained = []
    for r in results:
        before, failures = known(known_list, r.file), {}
        for test, why in r.failed.items():
            key = before.get(test, UNEXPLAINED)
            if key == UNEXPLAINED:
                key = _matching_reason(why, reasons)
            failures.setdefault(key, []).append(test)
        unexplained += [f"{r.file}::{test}" for test in failures.get(UNEXPLAINED, ())]
        failures = {key: sorted(failures[key]) for key in sorted(failures)}
        files[r.file] = {"passed": r.passed, "skipped": r.skipped, "failures": failures}
    ordered = {"reasons": reasons, "files": dict(sorted(files.items()))}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n")
    return unexplained


def _matching_reason(why: str, reasons: dict[str, dict]) -> str:
    matching = (k for k, r in reasons.items() if r["matches"] and re.search(r["matches"], why))
    return next(matching, UNEXPLAINED)
