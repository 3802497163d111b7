"""The section on Keras's own tests, file by file."""

from __future__ import annotations

from typing import Any

from compare.report.charts import legend
from compare.report.html import Html, tag
from compare.report.parts import folded, section, sentence, table, verdict
from compare.report.results import Result

KINDS = ("passed", "failed", "skipped")
HEADS = ("file", *KINDS, "not known")


def render(results: list[Result]) -> Html:
    """The totals, then a table of the files."""
    return section(
        "conformance",
        "Keras's own tests",
        tag("p", "The unit tests of Keras 3, unmodified, run on minicnn."),
        [_run(result) for result in results],
    )


def _run(result: Result) -> Html:
    rows = sorted(map(_row, result.results), key=lambda row: (-row[4], -row[2], row[0]))
    total = {kind: sum(row[i] for row in rows) for i, kind in enumerate(HEADS[1:], 1)}
    comment = "every failure is known"
    if total["not known"]:
        comment = f"{total['not known']} of the failures are not known"
    return tag(
        "div",
        tag(
            "p",
            verdict(result.passed, f"{total['passed']} passed"),
            f", {total['failed']} failed, {total['skipped']} skipped ",
            f"in {len(rows)} files; {comment}.",
        ),
        legend(*((kind, kind) for kind in KINDS)),
        _share(total),
        _known(result.summary.get("known") or {}),
        folded(f"All {len(rows)} files", table(HEADS, rows, [row[4] > 0 for row in rows])),
        _failures(result.results),
    )


def _known(counts: dict[str, int]) -> Html | None:
    if not counts:
        return None
    rows = table(("reason", "known failures"), list(counts.items()))
    return folded(f"Known failures, by reason ({len(counts)})", rows)


def _row(file: dict[str, Any]) -> tuple:
    return (
        file.get("file", ""),
        file.get("passed", 0),
        len(file.get("failed") or {}),
        file.get("skipped", 0),
        len(file.get("unexpected") or []),
    )


def _share(total: dict[str, int]) -> Html:
    everything = sum(total.values()) or 1
    parts = [
        tag("span", class_=f"fill {kind}", style=f"width:{100 * total[kind] / everything:.2f}%")
        for kind in KINDS
    ]
    return tag("div", parts, class_="track tall", role="img", aria_label=_read_out(total))


def _read_out(total: dict[str, int]) -> str:
    return ", ".join(f"{total[kind]} {kind}" for kind in KINDS)


def _failures(files: list[dict[str, Any]]) -> Html | None:
    failures = sorted(failure for file in files for failure in _failures_of(file))
    if not failures:
        return None
    rows = [(file, test, "known" if known else "", why) for known, file, test, why in failures]
    bad = [not known for known, *_ in failures]
    return folded(f"All {len(rows)} failures", table(("file", "test", "", "why"), rows, bad))


def _failures_of(file: dict[str, Any]) -> list[tuple[bool, str, str, str]]:
    """The failures of a file: whether it is known, the file, the test, the message."""
    unexpected = file.get("unexpected") or []
    return [
        (test not in unexpected, file.get("file", ""), test, _line(why))
        for test, why in (file.get("failed") or {}).items()
    ]


def _line(why: str | None) -> str:
    return sentence((why or "").split("\n")[0])
