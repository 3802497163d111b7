"""Where minicnn stands: `standing.json`, with each test that is known to fail and the reason.

    {"reasons": {KEY: {"says": a sentence, "matches": a pattern, or null}},
     "files": {FILE: {"passed": n, "skipped": n, "failures": {KEY: [test, ...]}}}}

A pattern sorts failures that are new when the list is recorded; what is in the list stays where a
person put it. A run looks at the names of tests only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("standing.json")
UNEXPLAINED = "unexplained"


class Result(NamedTuple):
    """What became of a file's tests, beside what was known.

    Attributes:
        failed: the tests that failed and why, in the words of the exception.
        unexpected: those of them that are not in the list.
        passes_now: tests of the list that passed.
        vanished: how many tests fewer there were than when the list was recorded.
    """

    file: str
    passed: int
    failed: dict[str, str]
    skipped: int
    unexpected: list[str]
    passes_now: list[str]
    vanished: int


def read() -> dict[str, Any]:
    """The list; without files if nothing was recorded yet."""
    standing = json.loads(FILE.read_text()) if FILE.exists() else {}
    return {"reasons": {}, "files": {}, **standing}


def known(standing: dict[str, Any], file: str) -> dict[str, str]:
    """The tests of a file that are known to fail, and the key of the reason."""
    failures = standing["files"].get(file, {}).get("failures", {})
    return {test: key for key, tests in failures.items() for test in tests}


def result(standing: dict[str, Any], file: str, found: list, whole: bool = True) -> Result:
    """The outcomes of a file's tests, judged. `whole` says that none were left out."""
    outcomes = Counter(f.outcome for f in found)
    failed = {f.test: f.why for f in found if f.outcome == "failed"}
    passed = {f.test for f in found if f.outcome == "passed"}
    expected = known(standing, file)
    recorded = standing["files"].get(file, {"passed": 0, "skipped": 0})
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


def record(standing: dict[str, Any], results: list[Result]) -> list[str]:
    """Write where minicnn stands now. Returns the failures for which no reason is known."""
    reasons, files = standing["reasons"], standing["files"]
    unexplained = []
    for r in results:
        before, failures = known(standing, r.file), {}
        for test, why in r.failed.items():
            key = before.get(test, UNEXPLAINED)
            if key == UNEXPLAINED:
                key = _sorted(why, reasons)
            failures.setdefault(key, []).append(test)
        unexplained += [f"{r.file}::{test}" for test in failures.get(UNEXPLAINED, ())]
        failures = {key: sorted(failures[key]) for key in sorted(failures)}
        files[r.file] = {"passed": r.passed, "skipped": r.skipped, "failures": failures}
    ordered = {"reasons": reasons, "files": dict(sorted(files.items()))}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n")
    return unexplained


def _sorted(why: str, reasons: dict[str, dict]) -> str:
    matching = (k for k, r in reasons.items() if r["matches"] and re.search(r["matches"], why))
    return next(matching, UNEXPLAINED)
