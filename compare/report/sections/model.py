"""The section on the user's models, layer by layer."""

from __future__ import annotations

from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import section, table, verdict
from compare.report.results import Result

HEADS = ("quantity", "shape", "minicnn", "Keras", "explained", "verdict")


def render(results: list[Result]) -> Html:
    """A table for each model."""
    return section("model", "Models", [_model(result) for result in results])


def _model(result: Result) -> Html:
    rows = [_row(row) for row in result.results]
    return tag(
        "div",
        tag("h3", result.summary.get("file", result.file)),
        tag("p", verdict(result.passed), f" {result.failure or ''}"),
        table(HEADS, rows, [bool(row.get("off")) for row in result.results]),
    )


def _row(row: dict[str, Any]) -> tuple:
    off = row.get("off") or []
    shape = " × ".join(map(str, row.get("shape", [])))
    errors = [(row.get(who) or {}).get("relative") for who in ("minicnn", "keras")]
    verdict = f"{' and '.join(off)} off" if off else "holds"
    return (row.get("name", ""), shape, *errors, row.get("explained"), verdict)
