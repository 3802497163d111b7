"""Keras's own tests, file by file."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import folded, section, table, verdict
from compare.report.results import Result

KINDS = ("passed", "failed", "skipped")


def render(results: list[Result]) -> Html:
    """The sum, then the files."""
    return section(
        "conformance",
        "Keras's own tests",
        tag("p", "The unit tests of Keras 3, unmodified, against minicnn."),
        [_run(result) for result in results],
    )


def _run(result: Result) -> Html:
    total = {kind: sum(file.get(kind, 0) for file in result.results) for kind in KINDS}
    new = sum(file.get("new", 0) for file in result.results)
    files = sorted(result.results, key=lambda f: (-f.get("new", 0), -f.get("failed", 0)))
    rows = [
        [file.get("file", ""), *(file.get(kind, 0) for kind in KINDS), file.get("new", 0)]
        for file in files
    ]
    said = f": {total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped; "
    said += f"{new} of the failures are not known." if new else "every failure is known."
    heads = ("file", *KINDS, "not known")
    return tag(
        "div",
        tag("p", verdict(result.passed), said),
        _share(total),
        folded(f"All {len(rows)} files", table(heads, rows, [bool(row[-1]) for row in rows])),
        _failures(files),
    )


def _share(total: dict[str, int]) -> Html:
    everything = sum(total.values()) or 1
    parts = [
        tag("span", class_=f"fill {kind}", style=f"width:{100 * total[kind] / everything:.2f}%")
        for kind in KINDS
    ]
    return tag("div", parts, class_="track tall", role="img", aria_label=f"{total}")


def _failures(files: list[dict[str, Any]]) -> Html | None:
    failures = [
        [f.get("file", ""), test, (why or "").split("\n")[0]]
        for f in files
        for test, why in (f.get("failures") or {}).items()
    ]
    if not failures:
        return None
    return folded(f"All {len(failures)} failures", table(("file", "test", "why"), failures))
